"""How memory grows with predictions, or with loads, in one session, and whether that growth is a leak's.

A leak never gives back, so what counts is the lower envelope: the session after warm-up is cut into stretches
of equal numbers of predictions, and each is represented by its minimum. That alone removes a page that
disposes in batches. On garbage-collector sawtooth, warm-up and steps together, a test of the raw series calls
93 % of healthy sessions leaking, and the confidence bound of Theil-Sen on such minima still 15 %. So a leak
must also rise in most stretches (a model loaded later is one step), run straight, and go on to the session's
end (a cache that fills up stops): under 3 % of them remain (tests/unit/leaks/test_growth.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.jobs.leaks.series import Values
from collector.jobs.leaks.settings import GrowthThreshold
from collector.jobs.leaks.theil_sen import fit_lines

Numbers = NDArray[np.float64]

MAX_STRETCHES = 12
MIN_STRETCHES = 4
FINAL_SHARE = 0.5
"""The final third must rise at half of the whole slope at least; a cache that has filled does not rise."""
MAX_ROUGHNESS = 0.15
"""RMS distance of the stretches from the line, as a share of the growth; steps miss the line by more."""


@dataclass(frozen=True)
class Growth:
    """The growth of one signal in one session after warm-up, in its unit per prediction or per load."""

    slope: float
    slope_lower: float
    growth: float
    rising: float
    final_slope: float
    roughness: float
    span: int
    """Predictions, or loads, from the first to the last that counted."""
    earlier: float
    """What is never given back of the growth from the start to the middle."""
    later: float
    """The same from the middle to the end."""
    given_back: float
    """How far the level fell, at the end, below the highest of any stretch."""

    @property
    def grown(self) -> float:
        """What is never given back of the growth over the session, of which single points say little."""
        return self.earlier + self.later

    def is_leak(self, threshold: GrowthThreshold, pace: float = 0.0) -> bool:
        """Whether it is large enough, sure enough, steady, and goes on to the end.

        ``pace`` is predictions per minute: what is little each time may be much at 60 a second.
        """
        return (
            threshold.is_fast(self.slope, pace)
            and self.growth >= threshold.min_growth
            and self.slope_lower > 0
            and self.rising >= threshold.min_rising
            and self.roughness <= MAX_ROUGHNESS * self.growth
            and self.final_slope >= FINAL_SHARE * self.slope
        )


def measure_growth(counts: Values, values: Values, *, warmup: int, min_span: int) -> Growth | None:
    """The growth of ``values`` against ``counts``; see ``measure_growths``."""
    return measure_growths([(counts, values)], warmup=warmup, min_span=min_span)[0]


def measure_growths(
    series: Sequence[tuple[Values, Values]], *, warmup: int, min_span: int
) -> list[Growth | None]:
    """The growth of each series: values against counts of predictions or loads.

    Both have shape (n,), counts ascending. None for one that is too short to say anything: fewer than
    ``min_span`` after the first ``warmup``, or points in fewer than four stretches. Theil-Sen: Sen 1968.
    """
    growths: list[Growth | None] = [None] * len(series)
    for rows, at, level in _stretch_minima(series, warmup, min_span):
        for row, growth in zip(rows, _measure(at, level), strict=True):
            growths[row] = growth
    return growths


def _measure(at: Numbers, level: Numbers) -> list[Growth]:
    """The growth of each row of stretches; both of shape (rows, stretches)."""
    line = fit_lines(at, level)
    retained = np.minimum.accumulate(level[:, ::-1], axis=1)[:, ::-1]  # what is never given back later
    earlier, later = _halves(at, level)
    span = at[:, -1] - at[:, 0]
    tail = (at <= (at[:, -1] - span / 3)[:, None]).sum(axis=1) - 1
    rows = np.arange(len(at))
    missed = level - line.intercept[:, None] - line.slope[:, None] * at
    width = max(1, level.shape[1] // 4)
    columns = (
        line.slope,
        line.slope_lower,
        retained[:, -1] - retained[:, 0],
        (np.diff(retained, axis=1) > 0).mean(axis=1),
        (retained[:, -1] - retained[rows, tail]) / (at[:, -1] - at[rows, tail]),
        np.sqrt((missed**2).mean(axis=1)),
        span.astype(np.int64),
        earlier,
        later,
        level.max(axis=1) - level[:, -width:].min(axis=1),
    )
    return [Growth(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _halves(at: Numbers, level: Numbers) -> tuple[Numbers, Numbers]:
    """Growth from the start to the middle, and from there to the end, of each row.

    Each of the three levels is the lowest of a quarter of the stretches, so that a saw that is shorter than
    that counts for nothing. What follows the middle is stretched to the length of what comes before it, so
    that a line gives equals.
    """
    stretches = level.shape[1]
    width = max(1, stretches // 4)
    middle = stretches // 2 - width // 2
    rows = np.arange(len(level))
    quarters = (slice(None, width), slice(middle, middle + width), slice(stretches - width, None))
    lowest = [np.argmin(level[:, quarter], axis=1) + (quarter.start or 0) for quarter in quarters]
    (begin, half, finish) = (at[rows, where] for where in lowest)
    (start, centre, end) = (level[rows, where] for where in lowest)
    centre = np.minimum(centre, end)
    start = np.minimum(start, centre)
    return centre - start, (end - centre) * (half - begin) / (finish - half)


def _stretch_minima(
    series: Sequence[tuple[Values, Values]], warmup: int, min_span: int
) -> list[tuple[list[int], Numbers, Numbers]]:
    """The minimum of each stretch of equal length, where it was first seen.

    Those with equally many stretches come together: their places in ``series``, then where and what the
    minima are, both of shape (rows, stretches).
    """
    lengths = np.array([len(counts) for counts, _ in series], dtype=np.int64)
    if not lengths.sum():
        return []
    row = np.repeat(np.arange(len(series)), lengths)
    at = np.concatenate([counts for counts, _ in series])
    level = np.concatenate([values for _, values in series])
    starts = np.cumsum(lengths) - lengths
    warm = at - np.repeat(at[np.minimum(starts, len(at) - 1)], lengths) >= warmup
    row, at, level = row[warm], at[warm], level[warm]
    points = np.bincount(row, minlength=len(series))
    first = np.cumsum(points) - points
    some = points > 0
    span = np.zeros(len(series), dtype=np.int64)
    span[some] = at[(first + points - 1)[some]] - at[first[some]]
    enough = (points >= MIN_STRETCHES) & (span >= min_span)
    chosen = enough[row]
    row, at, level = row[chosen], at[chosen], level[chosen]
    if not len(row):
        return []
    stretches = np.clip(points // 2, MIN_STRETCHES, MAX_STRETCHES)
    origin = np.zeros(len(series), dtype=np.int64)
    places, begins = np.unique(row, return_index=True)
    origin[places] = at[begins]
    stretch = (at - origin[row]) * stretches[row] // (span[row] + 1)
    # Rows and stretches ascend: no sort is needed to find the first of each stretch's minima.
    begins = np.flatnonzero(np.diff(row * MAX_STRETCHES + stretch, prepend=-1))
    sizes = np.diff(begins, append=len(row))
    minima = np.flatnonzero(level == np.repeat(np.minimum.reduceat(level, begins), sizes))
    of = np.repeat(np.arange(len(begins)), sizes)[minima]
    minima = minima[np.diff(of, prepend=-1) > 0]
    row, at, level = row[minima], at[minima], level[minima]
    kept = np.bincount(row, minlength=len(series))
    groups = []
    for many in range(MIN_STRETCHES, MAX_STRETCHES + 1):
        of = kept[row] == many
        if of.any():
            shape = (-1, many)
            groups.append(
                (
                    row[of].reshape(shape)[:, 0].tolist(),
                    at[of].astype(np.float64).reshape(shape),
                    level[of].astype(np.float64).reshape(shape),
                )
            )
    return groups
