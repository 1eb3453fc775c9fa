"""How memory grows with predictions, or with loads, in one session, and whether that growth is a leak's.

A leak never gives back, so what counts is the lower envelope: the session after warm-up is cut into stretches
of equal numbers of predictions, and each is represented by its minimum. That alone removes a page that
disposes in batches. On garbage-collector sawtooth, warm-up and steps together, a test of the raw series calls
93 % of healthy sessions leaking, and the confidence bound of Theil-Sen on such minima still 15 %. So a leak
must also rise in most stretches (a model loaded later is one step), run straight, and go on to the session's
end (a cache that fills up stops): under 3 % of them remain (tests/unit/leaks/test_growth.py).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.jobs.leaks.series import Values
from collector.jobs.leaks.settings import GrowthThreshold

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

    def is_leak(self, threshold: GrowthThreshold) -> bool:
        """Whether it is large enough, sure enough, steady, and goes on to the end."""
        return (
            self.slope >= threshold.min_slope
            and self.growth >= threshold.min_growth
            and self.slope_lower > 0
            and self.rising >= threshold.min_rising
            and self.roughness <= MAX_ROUGHNESS * self.growth
            and self.final_slope >= FINAL_SHARE * self.slope
        )


def measure_growth(counts: Values, values: Values, *, warmup: int, min_span: int) -> Growth | None:
    """The growth of ``values`` against ``counts`` of predictions or loads.

    Both have shape (n,), counts ascending. Returns None when the session is too short to say anything:
    fewer than ``min_span`` after the first ``warmup``, or points in fewer than four stretches. Theil-Sen:
    Sen 1968, through scipy.
    """
    if not len(counts):
        return None
    warm = counts - counts[0] >= warmup
    at, level = counts[warm], values[warm]
    if len(at) < MIN_STRETCHES or at[-1] - at[0] < min_span:
        return None
    at, level = _stretch_minima(at, level)
    if len(at) < MIN_STRETCHES:
        return None
    # Most pages hold their memory to the tensor, and nothing has to be estimated for them.
    held = bool((level == level[0]).all())
    # Here, because it takes a second to load, which every command of the command line would wait for.
    from scipy.stats import theilslopes  # noqa: PLC0415

    slope, intercept, lower, _ = (0.0, level[0], 0.0, 0.0) if held else theilslopes(level, at, alpha=0.95)
    retained = np.minimum.accumulate(level[::-1])[::-1]  # what is never given back later
    earlier, later = _halves(level)
    tail = int(np.searchsorted(at, at[-1] - (at[-1] - at[0]) / 3, side="right")) - 1
    return Growth(
        slope=float(slope),
        slope_lower=float(lower),
        growth=float(retained[-1] - retained[0]),
        rising=float(np.mean(np.diff(retained) > 0)),
        final_slope=float((retained[-1] - retained[tail]) / (at[-1] - at[tail])),
        roughness=float(np.sqrt(np.mean((level - intercept - slope * at) ** 2))),
        span=int(at[-1] - at[0]),
        earlier=earlier,
        later=later,
        given_back=float(level.max() - level[-max(1, len(level) // 4) :].min()),
    )


def _halves(level: NDArray[np.float64]) -> tuple[float, float]:
    """Growth from the start to the middle, and from there to the end.

    Each of the three levels is the lowest of a quarter of the stretches, so that a saw that is shorter than
    that counts for nothing.
    """
    width = max(1, len(level) // 4)
    middle = len(level) // 2 - width // 2
    end = float(level[-width:].min())
    half = min(float(level[middle : middle + width].min()), end)
    start = min(float(level[:width].min()), half)
    return half - start, end - half


def _stretch_minima(at: Values, level: Values) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The minimum of each stretch of equal length, where it was first seen."""
    stretches = min(MAX_STRETCHES, max(MIN_STRETCHES, len(at) // 2))
    index = ((at - at[0]) * stretches // (at[-1] - at[0] + 1)).astype(np.int64)
    lowest = np.lexsort((at, level, index))
    firsts = np.unique(index[lowest], return_index=True)[1]
    chosen = lowest[firsts]
    return at[chosen].astype(np.float64), level[chosen].astype(np.float64)
