"""Opens, keeps and resolves findings, from the assessments and the findings there were."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from collector.contract.finding import Cohort, Finding, FindingKind, FindingState
from collector.jobs.findings import keep_finding, open_finding, resolve_finding
from collector.jobs.leaks.assessment import Assessment, Key, Verdict
from collector.jobs.leaks.limit import BYTES, minutes_to_limit
from collector.jobs.leaks.settings import LeakSettings
from collector.jobs.leaks.successors import Successor
from collector.jobs.leaks.wording import describe_leak, describe_recovery, describe_succession

CRITICAL_SHARE = 0.5
"""When even the lower bound says that half of the sessions leak, it is everybody's trouble."""

TAKEN_OVER = 0.6
"""A finding is over once later releases, which are clean, have so many of the newest sessions."""
TAKEN_BACK = 0.4
"""And begins again once they have fewer than that: between the two nothing changes."""

_EXPLAINED_BY: dict[FindingKind, tuple[FindingKind, ...]] = {
    FindingKind.TENSOR_LEAK: (),
    FindingKind.LOAD_LEAK: (),
    FindingKind.BYTES_LEAK: (FindingKind.TENSOR_LEAK, FindingKind.LOAD_LEAK),
    FindingKind.GPU_BYTES_LEAK: (
        FindingKind.TENSOR_LEAK,
        FindingKind.LOAD_LEAK,
        FindingKind.BYTES_LEAK,
    ),
    FindingKind.GPU_ALLOCATED_LEAK: (
        FindingKind.TENSOR_LEAK,
        FindingKind.LOAD_LEAK,
        FindingKind.BYTES_LEAK,
        FindingKind.GPU_BYTES_LEAK,
    ),
    FindingKind.HEAP_LEAK: (FindingKind.TENSOR_LEAK, FindingKind.LOAD_LEAK, FindingKind.BYTES_LEAK),
}
"""Leaked tensors are leaked bytes: one trouble raises the finding nearest to its cause."""


def advance_findings(
    assessments: Mapping[Key, Assessment],
    successors: Mapping[Key, Successor],
    previous: Iterable[Finding],
    settings: LeakSettings,
    *,
    now: datetime,
) -> list[Finding]:
    """The findings that are open now or were resolved now, in the order of their ids."""
    known = {(finding.kind, finding.cohort): finding for finding in previous}
    findings = []
    for key in {*assessments, *known}:
        finding = _advance(key, assessments, successors.get(key), known.get(key), settings=settings, now=now)
        if finding is not None:
            findings.append(finding)
    return sorted(findings, key=lambda finding: finding.finding_id)


def _advance(
    key: Key,
    assessments: Mapping[Key, Assessment],
    successor: Successor | None,
    before: Finding | None,
    *,
    settings: LeakSettings,
    now: datetime,
) -> Finding | None:
    kind, cohort = key
    assessment = assessments.get(key)
    is_open = before is not None and before.state is FindingState.OPEN
    cause = _explanation(kind, cohort, assessments)
    silent = assessment is None or now - assessment.last_session_at >= settings.resolve_after
    if silent or cause is not None or assessment is None:
        if before is None or not is_open:
            return None
        reason = (
            f"the same sessions leak as {cause.value}; see that finding"
            if cause is not None
            else f"no session could be judged for {settings.resolve_after_hours:g} hours"
        )
        return _resolve(before, f"{cohort.model} on {cohort.backend}: {reason}.", None, now)
    if successor is not None and successor.share >= (TAKEN_BACK if before and not is_open else TAKEN_OVER):
        if before is None or not is_open:
            return None
        return _resolve(before, describe_succession(cohort, successor), assessment, now, successor)
    if assessment.verdict is Verdict.LEAKING:
        return _open(key, assessments, before if is_open else None, settings, now)
    if before is None or not is_open:
        return None
    if assessment.verdict is Verdict.CLEAN:
        return _resolve(before, describe_recovery(cohort, assessment), assessment, now)
    return keep_finding(before, now=now)


def _explanation(
    kind: FindingKind, cohort: Cohort, assessments: Mapping[Key, Assessment]
) -> FindingKind | None:
    for cause in _EXPLAINED_BY[kind]:
        other = assessments.get((cause, cohort))
        if other is not None and other.verdict is Verdict.LEAKING:
            return cause
    return None


def _open(
    key: Key,
    assessments: Mapping[Key, Assessment],
    before: Finding | None,
    settings: LeakSettings,
    now: datetime,
) -> Finding:
    kind, cohort = key
    assessment = assessments[key]
    everywhere = not assessment.where
    evidence = assessment.model_dump(mode="json")
    evidence["also"] = {
        other.value: assessments[other, cohort].slope.model_dump()
        for other in _explained_kinds(kind)
        if (other, cohort) in assessments
        and (assessments[other, cohort].leaking or assessments[other, cohort].verdict is Verdict.LEAKING)
    }
    minutes = minutes_to_limit(assessment, [assessments.get((other, cohort)) for other in BYTES], settings)
    evidence["minutes_to_limit"] = minutes
    return open_finding(
        kind,
        cohort,
        critical=everywhere and assessment.share_lower >= CRITICAL_SHARE,
        summary=describe_leak(kind, cohort, assessment, minutes),
        evidence=evidence,
        before=before,
        now=now,
    )


def _explained_kinds(kind: FindingKind) -> Sequence[FindingKind]:
    return [other for other, causes in _EXPLAINED_BY.items() if kind in causes]


def _resolve(
    before: Finding,
    summary: str,
    assessment: Assessment | None,
    now: datetime,
    successor: Successor | None = None,
) -> Finding:
    recovery = None if assessment is None else assessment.model_dump(mode="json")
    if recovery is not None and successor is not None:
        recovery["successor"] = successor.model_dump(mode="json")
    return resolve_finding(before, summary=summary, recovery=recovery, now=now)
