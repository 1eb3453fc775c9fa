"""How well a cell's time is known: when another timed prediction would add nothing. Pure."""

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev

LEAST_RUNS = 4
"""With fewer, the spread that the interval is made from is a guess itself."""
STUDENT = (3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
"""Student's t for 95 %, two-sided, with 3 to 10 degrees of freedom; with more, the last is rather large."""
P75 = NormalDist().inv_cdf(0.75)


def settled(ready_ms: Sequence[float], within: float) -> bool:
    """Whether the p75 is known: its 95 % interval reaches at most ``within`` of the mean to each side.

    Drift and outliers widen the interval, so that a cell on a busy machine goes on.
    """
    return len(ready_ms) >= LEAST_RUNS and half_interval(ready_ms) <= within


def half_interval(ready_ms: Sequence[float]) -> float:
    """Half the width of the 95 % interval of the p75, as a share of the mean; of ``LEAST_RUNS`` or more.

    The p75 of a normal distribution is its mean plus 0.674 deviations, which are estimated independently.
    """
    count = len(ready_ms)
    student = STUDENT[min(count - LEAST_RUNS, len(STUDENT) - 1)]
    error = stdev(ready_ms) * math.sqrt(1 / count + P75**2 / (2 * (count - 1)))
    return student * error / max(fmean(ready_ms), 1e-9)
