"""A window's lists of numbers: histograms of durations, and memory against predictions."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Annotated, Self

from pydantic import FailFast, model_validator

from collector.contract.fields import wire_field
from collector.contract.histogram import MAX_BUCKET, MIN_BUCKET, decode
from collector.contract.wire_model import MAX_UINT32, Count32, WireModel

BUCKETS = MAX_BUCKET - MIN_BUCKET + 1
CountOrGap = Annotated[int, wire_field("a count, or less than 0: a gap", ge=-BUCKETS, le=MAX_UINT32)]


class Histogram(WireModel):
    """A log histogram (``contract.histogram``) in one of two forms.

    Runs: ``buckets`` is the first bucket alone and ``counts`` are of all buckets from there on, ``-n``
    standing for ``n`` empty ones. Gaps, the older form: ``buckets`` is as long as ``counts``. A histogram of
    one bucket is the same in both.
    """

    buckets: Annotated[list[int], FailFast()] = wire_field(
        "The first bucket index; in the form of gaps, then the gap to each next one (at least 1)",
        min_length=1,
        max_length=256,
    )
    counts: Annotated[list[CountOrGap], FailFast()] = wire_field(
        "How many values each bucket holds; in the form of runs, -n for n empty buckets",
        min_length=1,
        max_length=BUCKETS,
    )

    @model_validator(mode="after")
    def _buckets_ascend_within_range(self) -> Self:
        if len(self.buckets) == 1:
            last = self.buckets[0] + sum(-count if count < 0 else 1 for count in self.counts) - 1
            if self.counts[0] < 0 or self.counts[-1] < 0:
                raise ValueError("a run begins and ends with a bucket that counts something")
        else:
            last = sum(self.buckets)
            if len(self.buckets) != len(self.counts):
                raise ValueError("buckets and counts differ in length")
            if min(self.buckets[1:]) < 1:
                raise ValueError("a gap between buckets is at least 1")
            if min(self.counts) < 0:
                raise ValueError("a bucket holds at least 0 values")
        if self.buckets[0] < MIN_BUCKET or last > MAX_BUCKET:
            raise ValueError(f"buckets lie in [{MIN_BUCKET}, {MAX_BUCKET}]")
        return self

    def decoded(self) -> dict[int, int]:
        """Counts by absolute bucket index, ascending."""
        return decode(self.buckets, self.counts)


OPTIONAL_SERIES = ("gpu_bytes", "gpu_allocated_bytes", "heap_bytes")
SERIES = ("predictions", "tensors", "bytes", *OPTIONAL_SERIES)
"""The lists of a memory signal."""


class MemorySignal(WireModel):
    """Memory against predictions made: what a leak's slope is read from.

    Each list's first entry is absolute and the others are differences from the entry before; the lists are of
    equal length. Points are taken before a prediction starts, when a page that disposes of its tensors holds
    only its weights.
    """

    predictions: list[Count32] = wire_field(
        "Predictions made so far by this model in this session, ascending", min_length=1, max_length=16
    )
    tensors: list[int] = wire_field("numTensors of the engine", unit="tensors", min_length=1, max_length=16)
    bytes: list[int] = wire_field("numBytes of the engine", unit="bytes", min_length=1, max_length=16)
    gpu_bytes: list[int] | None = wire_field(
        "Bytes on the GPU that tensors use, where the backend tells",
        unit="bytes",
        min_length=1,
        max_length=16,
        default=None,
    )
    gpu_allocated_bytes: list[int] | None = wire_field(
        "Bytes on the GPU that the engine holds: those in use, and those that wait for reuse",
        unit="bytes",
        min_length=1,
        max_length=16,
        default=None,
    )
    heap_bytes: list[int] | None = wire_field(
        "Size of the engine's wasm heap, which never shrinks",
        unit="bytes",
        min_length=1,
        max_length=16,
        default=None,
    )
    tensors_min: int | None = wire_field(
        "Least numTensors seen in the window, when no point shows it", ge=0, le=1 << 53, default=None
    )
    tensors_max: int | None = wire_field(
        "Most numTensors seen in the window, when no point shows it", ge=0, le=1 << 53, default=None
    )

    @model_validator(mode="after")
    def _points_line_up(self) -> Self:
        length = len(self.predictions)
        series = self.held()
        if any(len(values) != length for values in series):
            raise ValueError("the lists of a memory signal differ in length")
        if sum(self.predictions) > MAX_UINT32:
            raise ValueError("predictions made are at most 2^32 - 1")
        if any(min(accumulate(values)) < 0 or max(accumulate(values)) > 1 << 53 for values in series):
            raise ValueError("a memory signal lies in [0, 2^53]")
        return self

    def held(self) -> list[list[int]]:
        """What was held, as it was sent: tensors, bytes, and the others that were told."""
        told = (getattr(self, name) for name in OPTIONAL_SERIES)
        return [self.tensors, self.bytes, *(values for values in told if values is not None)]

    def points(self) -> list[tuple[int | None, ...]]:
        """Absolute values in the order they were taken: ``SERIES``, None for what was not told."""
        untold = [None] * len(self.predictions)
        columns = (getattr(self, name) for name in SERIES)
        return list(
            zip(*(accumulate(values) if values is not None else untold for values in columns), strict=True)
        )


def seem_absolute(predictions: Sequence[int], series: Iterable[Sequence[int]], count: int) -> bool:
    """Whether a memory signal gives each point's own values, where the wire has differences.

    Added up they would say that memory doubles from point to point, a leak of whatever the page holds. Read
    as differences they span more predictions than the window's ``count``, and read as absolute no more.
    That alone can be so where models of one name run side by side, which are counted together: so what is
    held must look absolute as well, which differences hardly ever do. A series that begins with 0 says
    nothing, and does no harm.
    """
    rest = predictions[1:]
    told = [each for each in series if each and each[0]]
    return (
        bool(told)
        and sum(rest) > count >= predictions[-1] - predictions[0]
        and all(now > before for before, now in pairwise(predictions))
        and all(2 * value >= each[0] for each in told for value in each[1:])
    )
