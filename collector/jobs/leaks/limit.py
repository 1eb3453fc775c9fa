"""How long a page may run until what it leaks fills a phone's tab."""

from collections.abc import Iterable

from collector.contract.finding import FindingKind
from collector.jobs.leaks.assessment import Assessment
from collector.jobs.leaks.settings import LeakSettings

BYTES = (
    FindingKind.BYTES_LEAK,
    FindingKind.GPU_BYTES_LEAK,
    FindingKind.GPU_ALLOCATED_LEAK,
    FindingKind.HEAP_LEAK,
)
"""Signals in bytes."""


def minutes_to_limit(
    assessment: Assessment, in_bytes: Iterable[Assessment | None], settings: LeakSettings
) -> float | None:
    """Minutes of use until ``leaks.tab_bytes`` are leaked; None where nobody knows how fast that is.

    ``in_bytes`` are what the same cohort's signals in bytes show: the fastest of them counts, since they are
    of the same tensors.
    """
    known = [one for one in (assessment, *in_bytes) if one is not None and one.signal in BYTES]
    paces = [one.per_minute for one in known if one.per_minute is not None and one.per_minute > 0]
    return round(settings.tab_bytes / max(paces), 1) if paces else None
