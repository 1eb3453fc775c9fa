"""A finding's steps: opened, seen again, resolved. Which one is due, each job decides for itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collector.contract.finding import Cohort, Finding, FindingKind, FindingState, Severity


def open_finding(
    kind: FindingKind,
    cohort: Cohort,
    *,
    critical: bool,
    summary: str,
    evidence: Mapping[str, Any],
    before: Finding | None,
    now: datetime,
) -> Finding:
    """A finding that is open now, with fresh figures.

    Args:
        kind: what is wrong.
        cohort: with whom.
        critical: whether the figures say so. While a finding is open its severity only rises, or it would
            flap.
        summary: one sentence for a person.
        evidence: the figures.
        before: the same finding as it was open before this run, None when it is new.
        now: the present.
    """
    was_critical = before is not None and before.severity is Severity.CRITICAL
    told = dict(evidence)
    if before is not None and "escalated_at" in before.evidence:
        told["escalated_at"] = before.evidence["escalated_at"]
    elif before is not None and critical and not was_critical:
        told["escalated_at"] = now.isoformat()
    return Finding(
        kind=kind,
        cohort=cohort,
        state=FindingState.OPEN,
        severity=Severity.CRITICAL if critical or was_critical else Severity.WARNING,
        opened_at=before.opened_at if before is not None else now,
        updated_at=now,
        summary=summary,
        evidence=told,
    )


def keep_finding(before: Finding, *, now: datetime) -> Finding:
    """An open finding that this run says nothing new of."""
    return before.model_copy(update={"updated_at": now})


def resolve_finding(
    before: Finding, *, summary: str, recovery: Mapping[str, Any] | None = None, now: datetime
) -> Finding:
    """An open finding that is over; ``recovery`` are the figures that say so."""
    evidence = dict(before.evidence)
    if recovery is not None:
        evidence["recovery"] = dict(recovery)
    return before.model_copy(
        update={
            "state": FindingState.RESOLVED,
            "updated_at": now,
            "resolved_at": now,
            "summary": summary,
            "evidence": evidence,
        }
    )
