"""How many findings a run opened, kept and resolved, and which of them alerting has to know of."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from collector.contract.finding import Finding, FindingState


class FindingTally(BaseModel):
    """Counts of one run, and the findings that alerting has to know of."""

    model_config = ConfigDict(frozen=True)

    opened: int = Field(description="Findings opened by this run")
    still_open: int = Field(description="Findings that were open before and still are")
    resolved: int = Field(description="Findings resolved by this run")
    findings: list[Finding] = Field(
        description="Open ones, and those resolved lately (redeliver_hours of the job's settings)"
    )


def tally(
    before: Iterable[Finding], written: Sequence[Finding], *, redeliver: timedelta, now: datetime
) -> FindingTally:
    """Counts what a run did.

    Args:
        before: findings as they were before the run.
        written: findings that the run opened, saw again or resolved.
        redeliver: how long a resolved finding is handed to alerting again.
        now: the present.
    """
    before = list(before)
    open_before = {finding.finding_id for finding in before if finding.state is FindingState.OPEN}
    ids = {finding.finding_id for finding in written}
    lately = [
        finding
        for finding in before
        if finding.finding_id not in ids
        and finding.resolved_at is not None
        and now - finding.resolved_at <= redeliver
    ]
    is_open = [finding for finding in written if finding.state is FindingState.OPEN]
    opened = sum(finding.finding_id not in open_before for finding in is_open)
    return FindingTally(
        opened=opened,
        still_open=len(is_open) - opened,
        resolved=len(written) - len(is_open),
        findings=sorted([*written, *lately], key=lambda finding: finding.finding_id),
    )
