"""The log histogram: durations as sparse counts in buckets whose bounds grow by a ratio of 1.04.

Bucket ``i`` holds values in ``[1.04^i, 1.04^(i+1))`` milliseconds and stands for their geometric middle
``1.04^(i+0.5)``, so every quantile of every merge is within ``sqrt(1.04) - 1 = 1.98 %`` of a true sample.
The same arithmetic lives in ``client_sdk_js/src/core/histogram.ts`` and in SQL (``store/queries``); the
vectors in ``tests/vectors/histogram.json`` hold the three together.
Source of the idea: DDSketch, Masson et al., VLDB 2019, https://arxiv.org/abs/1908.10693.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

RATIO = 1.04
MIN_BUCKET = -177  # 1.04^-177 ms is just under a microsecond; shorter durations (and 0) count here
MAX_BUCKET = 385  # 1.04^385 ms is an hour; longer durations count here
_INVERSE_LOG_RATIO = 1.0 / math.log(RATIO)


def bucket_of(value_ms: float) -> int:
    """The bucket that counts a duration in milliseconds.

    Raises:
        ValueError: for a NaN, which is not a duration.
    """
    if math.isnan(value_ms):
        raise ValueError("a histogram counts durations, and NaN is not one")
    if value_ms <= 0:
        return MIN_BUCKET
    if math.isinf(value_ms):
        return MAX_BUCKET
    return max(MIN_BUCKET, min(MAX_BUCKET, math.floor(math.log(value_ms) * _INVERSE_LOG_RATIO)))


def value_of(bucket: int) -> float:
    """The duration in milliseconds that a bucket stands for: the geometric middle of its bounds."""
    return math.exp((bucket + 0.5) * math.log(RATIO))


def record(values_ms: Iterable[float]) -> dict[int, int]:
    """Counts durations in milliseconds. Returns ``{bucket: count}``."""
    counts: dict[int, int] = {}
    for value in values_ms:
        bucket = bucket_of(value)
        counts[bucket] = counts.get(bucket, 0) + 1
    return counts


def merge(histograms: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Adds histograms bucket by bucket: exact, commutative and associative."""
    total: dict[int, int] = {}
    for histogram in histograms:
        for bucket, count in histogram.items():
            total[bucket] = total.get(bucket, 0) + count
    return total


def quantile(histogram: Mapping[int, int], q: float) -> float | None:
    """The value in milliseconds below or at which a share ``q`` of the counts lies; None when empty.

    The rank is ``ceil(q * total)`` (at least 1): the smallest bucket whose running count reaches it.

    Raises:
        ValueError: when ``q`` is outside ``[0, 1]``.
    """
    if not 0.0 <= q <= 1.0:
        raise ValueError(f"a quantile lies in [0, 1], not {q}")
    total = sum(histogram.values())
    if total == 0:
        return None
    rank = max(1, math.ceil(q * total))
    seen = 0
    for bucket in sorted(histogram):
        seen += histogram[bucket]
        if seen >= rank:
            return value_of(bucket)
    raise AssertionError("unreachable: the running count ends at the total")


def encode(histogram: Mapping[int, int]) -> tuple[list[int], list[int]]:
    """The wire form of runs: the first bucket, and the counts from there on, ``-n`` for ``n`` empty ones.

    Most buckets of a full window are neighbours, so that naming each would take two bytes more for it.
    """
    buckets = sorted(bucket for bucket, count in histogram.items() if count)
    counts: list[int] = []
    expected = buckets[0] if buckets else 0
    for bucket in buckets:
        if bucket > expected:
            counts.append(expected - bucket)
        counts.append(histogram[bucket])
        expected = bucket + 1
    return buckets[:1], counts


def decode(buckets: Sequence[int], counts: Sequence[int]) -> dict[int, int]:
    """Counts by bucket index, ascending, of either wire form (``contract.report.Histogram``)."""
    if len(buckets) > 1:
        return dict(zip(accumulate(buckets), counts, strict=True))
    histogram = {}
    bucket = buckets[0]
    for count in counts:
        if count < 0:
            bucket -= count
        else:
            histogram[bucket] = count
            bucket += 1
    return histogram
