"""The number lists of many reports at once: checked as the contract says, and put into the columns' form.

``structs`` leaves lists of numbers as text. Here the texts of a group are joined and read in one step,
checked without a step in Python for each number, and made absolute: bucket indexes and counts of a histogram
in either wire form, running sums of a memory signal.
"""

import string
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from collector.contract.histogram import MAX_BUCKET, MIN_BUCKET
from collector.contract.signals import BUCKETS, OPTIONAL_SERIES, SERIES

Integers = NDArray[np.int64]

HISTOGRAMS = ("dispatch", "ready", "kernel")
MOST_GAPS = 256
MOST_POINTS = 16
MOST_COUNT = (1 << 32) - 1
MOST_MEMORY = 1 << 53

_DIGITS = string.digits.encode() + b"-"
_SPACE = b" \t\r\n"
_NULL = msgspec.Raw(b"null")
_LINES = bytes.maketrans(b",]", b"\n\n")


class UnfitLists(ValueError):
    """Some list of these reports is not what the contract says."""


class Lists(NamedTuple):
    """One list an item: item ``i`` has ``values[offsets[i]:offsets[i + 1]]``."""

    values: NDArray[Any]
    offsets: Integers


class NumberLists(NamedTuple):
    """What the lists of some reports say, an entry a window (``span_*``: a stage), in the reports' order."""

    lists: dict[str, Lists]
    tensors_min: Integers
    tensors_max: Integers


def read_number_lists(reports: Sequence[Any]) -> NumberLists:
    """Reads the lists of reports that ``structs`` decoded.

    Raises:
        UnfitLists: one of them holds something else than integers, or leaves the contract.
    """
    windows = list(chain.from_iterable([report.windows for report in reports]))
    stages = list(chain.from_iterable([report.stages for report in reports]))
    histograms = [window.dispatch_ms for window in windows]
    histograms += [window.ready_ms for window in windows]
    histograms += [window.kernel_ms for window in windows]
    histograms += [stage.span_ms for stage in stages]
    signals = [window.memory for window in windows]
    raw = [
        [histogram.buckets if histogram is not None else None for histogram in histograms],
        [histogram.counts if histogram is not None else None for histogram in histograms],
        [signal.predictions if signal is not None else None for signal in signals],
        [signal.tensors if signal is not None else None for signal in signals],
        [signal.bytes if signal is not None else None for signal in signals],
        *(
            [_sent(getattr(signal, name)) if signal is not None else None for signal in signals]
            for name in OPTIONAL_SERIES
        ),
    ]
    buckets, counts, *series = _read(raw)
    lists = _by_column(_expand(buckets, counts), len(windows))
    memory, least, most = _memory(series, signals)
    return NumberLists(lists | memory, least, most)


def join(parts: Sequence[NumberLists]) -> NumberLists:
    """The lists of several groups, one after another."""
    if len(parts) == 1:
        return parts[0]
    return NumberLists(
        {name: _concatenate([part.lists[name] for part in parts]) for name in parts[0].lists},
        np.concatenate([part.tensors_min for part in parts]),
        np.concatenate([part.tensors_max for part in parts]),
    )


def unfit(
    items: Sequence[Any],
    check: Callable[[Sequence[Any]], object],
    *,
    errors: tuple[type[Exception], ...] = (UnfitLists,),
) -> list[tuple[int, Exception]]:
    """Positions of the items for which ``check`` raises, and what it raised.

    Found by halves: one in a block of 2,000 costs 22 checks.
    """
    try:
        check(items)
    except errors as error:
        if len(items) == 1:
            return [(0, error)]
        middle = len(items) // 2
        later = unfit(items[middle:], check, errors=errors)
        return unfit(items[:middle], check, errors=errors) + [(middle + at, why) for at, why in later]
    return []


def _sent(series: Any) -> Any:
    """The text of a list that may be left out, or be null: None then."""
    return series if series and series != _NULL else None


def _read(columns: Sequence[Sequence[Any]]) -> list[Lists]:
    """Texts of JSON lists, None for none, as integers."""
    present = [[position for position, raw in enumerate(column) if raw is not None] for column in columns]
    text = b"".join(chain.from_iterable([raw for raw in column if raw is not None] for column in columns))
    number = sum(len(positions) for positions in present)
    # What is left of lists of whole numbers is commas and ends: a third of the text, looked at in its place.
    marks = text.translate(None, _DIGITS + _SPACE + b"[")
    if text.count(b"[") != number or marks.translate(None, b",]"):
        raise UnfitLists("a list holds something else than numbers")
    lines = text.translate(_LINES, b"[" + _SPACE)
    if not lines:
        return [Lists(np.zeros(0, dtype=np.int64), np.zeros(len(column) + 1, np.int64)) for column in columns]
    if lines.startswith(b"\n") or b"\n\n" in lines:
        raise UnfitLists("a list is empty")
    lengths = np.diff(np.flatnonzero(np.frombuffer(marks, dtype=np.uint8) == ord("]")), prepend=-1)
    # What needs more than 64 bits becomes a number at their end, which is out of every bound.
    values = np.fromstring(lines, dtype=np.int64, sep="\n")
    _require(len(values) == lengths.sum(), "a list")
    read = []
    value = item = 0
    for column, positions in zip(columns, present, strict=True):
        of_column = np.zeros(len(column), dtype=np.int64)
        of_column[positions] = lengths[item : item + len(positions)]
        offsets = _offsets(of_column)
        read.append(Lists(values[value : value + offsets[-1]], offsets))
        item, value = item + len(positions), value + offsets[-1]
    return read


def _expand(buckets: Lists, counts: Lists) -> tuple[Lists, Lists]:
    """Absolute bucket indexes and their counts, of both wire forms (``contract.report.Histogram``)."""
    b, c = buckets.values, counts.values
    of_buckets, of_counts = np.diff(buckets.offsets), np.diff(counts.offsets)
    some = of_counts > 0
    # Bounds first: then no sum can overflow.
    _require(_within(b, MIN_BUCKET, BUCKETS) and _within(c, -BUCKETS, MOST_COUNT), "a bucket or count")
    _require(_within(of_buckets, 0, MOST_GAPS) and _within(of_counts, 0, BUCKETS), "a length")
    gaps = of_buckets > 1
    _require(bool((of_buckets[gaps] == of_counts[gaps]).all()), "buckets and counts")
    begins, ends = counts.offsets[:-1][some], counts.offsets[1:][some] - 1
    firsts = np.zeros(len(some), dtype=np.int64)
    firsts[some] = b[buckets.offsets[:-1][some]]
    _require(bool((c[begins] >= 0).all() and (c[ends] >= 0).all()), "a run's first or last count")
    # Runs: a bucket is the first one, and then as far on as all before it in its list are wide.
    before = np.concatenate(([0], np.cumsum(np.where(c < 0, -c, 1))))
    indexes = before[:-1] + np.repeat(firsts - before[counts.offsets[:-1]], of_counts)
    if gaps.any():
        by_gaps = np.repeat(gaps, of_counts)
        steps = b[np.repeat(gaps, of_buckets)]
        offsets = _offsets(of_buckets[gaps])
        inner = np.ones(len(steps), dtype=bool)
        inner[offsets[:-1]] = False
        _require(bool((steps[inner] >= 1).all() and (c[by_gaps] >= 0).all()), "a gap")
        indexes[by_gaps] = _running_sums(steps, offsets)
    _require(bool((indexes[ends] <= MAX_BUCKET).all()), "the last bucket")
    filled = c >= 0
    offsets = np.concatenate(([0], np.cumsum(filled)))[counts.offsets]
    return Lists(indexes[filled].astype(np.int16), offsets), Lists(c[filled].astype(np.uint32), offsets)


def _by_column(histograms: tuple[Lists, Lists], windows: int) -> dict[str, Lists]:
    """The windows' three histograms and the stages' one, apart."""
    total = len(histograms[0].offsets) - 1
    bounds = [0, windows, 2 * windows, 3 * windows, total]
    return {
        f"{name}_{what}": _slice(lists, bounds[n], bounds[n + 1])
        for n, name in enumerate((*HISTOGRAMS, "span"))
        for what, lists in zip(("buckets", "counts"), histograms, strict=True)
    }


def _memory(series: Sequence[Lists], signals: Sequence[Any]) -> tuple[dict[str, Lists], Integers, Integers]:
    """Absolute points; the least and most tensors, 0 where a window tells of none."""
    predictions, tensors, *_ = series
    points = np.diff(predictions.offsets)
    _require(_within(points, 0, MOST_POINTS), "the number of points")
    for of_series in (np.diff(lists.offsets) for lists in series[1:3]):
        _require(bool((of_series == points).all()), "a series")
    for of_series in (np.diff(lists.offsets) for lists in series[3:]):
        told = of_series > 0
        _require(bool((of_series[told] == points[told]).all()), "a series")
    _require(_within(predictions.values, 0, MOST_COUNT), "predictions")
    columns = {}
    for name, lists in zip(SERIES, series, strict=True):
        most, kind = (MOST_COUNT, np.uint32) if name == "predictions" else (MOST_MEMORY, np.uint64)
        _require(_within(lists.values, -most, most), name)
        sums = _running_sums(lists.values, lists.offsets)
        _require(_within(sums, 0, most), name)
        columns[f"memory_{name}"] = Lists(sums.astype(kind), lists.offsets)
    least = np.zeros(len(signals), dtype=np.int64)
    most_seen = np.zeros(len(signals), dtype=np.int64)
    some = np.flatnonzero(points)
    if len(some):
        sums = columns["memory_tensors"].values.astype(np.int64)
        begins = tensors.offsets[:-1][some]
        tellers = [signals[position] for position in some.tolist()]
        lows = [MOST_MEMORY if signal.tensors_min is None else signal.tensors_min for signal in tellers]
        highs = [0 if signal.tensors_max is None else signal.tensors_max for signal in tellers]
        # What was told can lie beyond what the points show, on either side, as `min` and `max` of all.
        least[some] = np.minimum(np.minimum.reduceat(sums, begins), np.array(lows, dtype=np.int64))
        most_seen[some] = np.maximum(np.maximum.reduceat(sums, begins), np.array(highs, dtype=np.int64))
    return columns, least, most_seen


def _running_sums(values: Integers, offsets: Integers) -> Integers:
    """The wire's differences as absolute values, each list for itself."""
    # The sum over all may wrap around; the differences of it that are used do not.
    sums: Integers = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
    before: Integers = np.repeat(sums[offsets[:-1]], np.diff(offsets))
    return sums[1:] - before


def _offsets(lengths: Integers) -> Integers:
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)


def _slice(lists: Lists, begin: int, end: int) -> Lists:
    offsets = lists.offsets[begin : end + 1]
    return Lists(lists.values[offsets[0] : offsets[-1]], offsets - offsets[0])


def _concatenate(parts: Sequence[Lists]) -> Lists:
    lengths = np.concatenate([np.diff(part.offsets) for part in parts])
    return Lists(np.concatenate([part.values for part in parts]), _offsets(lengths))


def _within(values: Integers, least: int, most: int) -> bool:
    return not len(values) or bool(values.min() >= least and values.max() <= most)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise UnfitLists(f"{what} is not what the contract says")
