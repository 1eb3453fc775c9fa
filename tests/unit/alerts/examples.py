"""A finding in each of its states."""

from datetime import UTC, datetime, timedelta
from typing import Any

from collector.alerts.episode import Told
from collector.alerts.notice import Notice, make_notice
from collector.contract.finding import Cohort, Finding, FindingKind, FindingState, Severity
from collector.contract.vocabulary import Backend

OPENED = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


def a_finding(model: str = "blazeface", **changes: Any) -> Finding:
    return Finding(
        **{
            "kind": FindingKind.TENSOR_LEAK,
            "cohort": Cohort(app="demo", model=model, release="1.4.0", backend=Backend.WEBGL),
            "state": FindingState.OPEN,
            "severity": Severity.WARNING,
            "opened_at": OPENED,
            "updated_at": OPENED + timedelta(hours=2),
            "summary": "blazeface on webgl keeps 2 tensors per prediction (8 of 10 sessions leak).",
            "evidence": {"sessions": 10, "leaking": 8},
            **changes,
        }
    )


def resolved(finding: Finding) -> Finding:
    ended = finding.updated_at
    return finding.model_copy(
        update={"state": FindingState.RESOLVED, "resolved_at": ended, "updated_at": ended}
    )


def told(finding: Finding, *, at: datetime | None = None, owner: str | None = None) -> Notice:
    """The notice of a finding that was first told then, or when it opened."""
    return make_notice(Told(finding, at or finding.opened_at), owner)
