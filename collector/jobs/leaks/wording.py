"""A finding's sentence for a person."""

from collector.contract.finding import Cohort, FindingKind
from collector.jobs.leaks.assessment import Assessment
from collector.jobs.leaks.successors import Successor

_UNIT = 1024.0
MINUTES_OF_AN_HOUR = 60
MINUTES_OF_A_DAY = 24 * 60
_BYTES_OF = {
    FindingKind.BYTES_LEAK: "bytes",
    FindingKind.GPU_BYTES_LEAK: "GPU bytes",
    FindingKind.GPU_ALLOCATED_LEAK: "bytes in the engine's pool on the GPU",
    FindingKind.HEAP_LEAK: "bytes of the wasm heap",
}


def describe_leak(
    kind: FindingKind, cohort: Cohort, assessment: Assessment, minutes: float | None = None
) -> str:
    """One sentence: what grows, where, in how many sessions, how the release before did.

    And after how many ``minutes`` a phone's tab is full, when that is within a day.
    """
    subject = f"{cohort.model} on {cohort.backend}"
    if cohort.release:
        subject += f" in release {cohort.release}"
    if assessment.where:
        subject += f" on {assessment.where}"
    per = "load" if kind is FindingKind.LOAD_LEAK else "prediction"
    pool = assessment.pool
    slope = assessment.slope.median if pool is None else pool.slope
    seen = f"{assessment.leaking} of {assessment.sessions} sessions leak"
    if pool is not None:
        seen = (
            f"{pool.growing} of the {pool.sessions} longer sessions grow in both halves, "
            "each too little to be told"
        )
    text = f"{subject} keeps {_amount(assessment.signal, slope)} per {per} ({seen})"
    before = assessment.before
    if before is not None:
        text += f"; release {before.release or 'before'}: {before.leaking} of {before.sessions}"
    if "shared" in assessment.attribution:
        text += f"; ran in step with {', '.join(assessment.other_models)}, which may be the one that leaks"
    if minutes is not None and minutes <= MINUTES_OF_A_DAY:
        text += f"; a phone's tab is full after {_duration(minutes)}"
    return text + "."


def describe_recovery(cohort: Cohort, assessment: Assessment) -> str:
    """One sentence for a finding whose cohort is clean again, or never leaked."""
    if assessment.ends:
        return (
            f"{cohort.model} on {cohort.backend} holds more memory for a time, and no more in its longest "
            f"sessions: a cache, or a page that disposes late ({assessment.leaking} of the newest "
            f"{assessment.sessions} sessions look like a leak)."
        )
    return (
        f"{cohort.model} on {cohort.backend} is clean again: {assessment.leaking} of the newest "
        f"{assessment.sessions} sessions leak."
    )


def describe_succession(cohort: Cohort, successor: Successor) -> str:
    """One sentence for a finding whose release others have taken the place of."""
    return (
        f"{cohort.model} on {cohort.backend} in release {cohort.release}: release {successor.release} holds "
        f"its memory ({successor.leaking} of {successor.sessions} sessions leak), and {successor.share:.0%} "
        "of the newest sessions run it, or another clean release."
    )


def _duration(minutes: float) -> str:
    if minutes < 1:
        return "less than a minute"
    if minutes < MINUTES_OF_AN_HOUR:
        return f"{minutes:.0f} minute{'s' if round(minutes) != 1 else ''}"
    hours = minutes / MINUTES_OF_AN_HOUR
    return f"{hours:.0f} hour{'s' if round(hours) != 1 else ''}"


def _amount(signal: FindingKind, slope: float) -> str:
    if signal is FindingKind.TENSOR_LEAK:
        return f"{slope:.3g} tensor{'s' if slope != 1 else ''}"
    what = _BYTES_OF[signal]
    if slope >= _UNIT * _UNIT:
        return f"{slope / _UNIT / _UNIT:.1f} Mi {what}"
    if slope >= _UNIT:
        return f"{slope / _UNIT:.1f} Ki {what}"
    return f"{slope:.0f} {what}"
