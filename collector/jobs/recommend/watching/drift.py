"""Whether what an arm costs has changed: a sum of e-values over the times at which it may have.

For each split of an arm's sessions in time, the likelihood ratio of "slower by ``ratio`` since then" to "as
before" is an e-value, also where what it cost before is known from some sessions only: the unknown level has
a flat prior. Their sum over all splits is an e-detector of Shiryaev and Roberts' kind: as long as nothing
changes it passes A once in A sessions, on average (Shin, Ramdas & Rinaldo, E-detectors, arXiv 2203.03532).
Costs that are nearer to the old level than to the new one make it fall, so that swings by less than the
root of ``ratio``, such as those of day and night, do not add up.

Costs are logarithms, compared inside leaf classes, so that another mix of devices is no change. Each is
clipped to ``CLIP`` deviations of its leaf's level before, so that a tenth of liars moves a mean by a fifth
of a deviation.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]

CLIP = 2.0
NEWEST = 200
"""Sessions of an arm within which a change is looked for. Older ones, at least half, tell the level."""
LEAST_BEFORE = 30
"""Sessions before a change that tell the level of all leaf classes together."""
LEAST_IN_LEAF = 8
"""Sessions before a change that tell the level of a leaf class; without them it is left out."""
LEAST_DEVIATION = 0.05
SPARE = 2.0
"""Costs are not normal, and their deviation is estimated: the sum has to be as much larger."""
_LARGEST = 700.0
"""The largest exponent that a float holds."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of what an arm costs."""

    first: int
    """The place of the first session after it, in order of time."""
    ratio: float
    """The cost since then over the cost before, about."""


@dataclass(frozen=True, eq=False, slots=True)
class _Levels:
    """What an arm's sessions cost before any change that is looked for."""

    known: Labels
    """The leaf classes of which that is known."""
    level: Numbers
    """Of each leaf class."""
    deviation: float
    """Of the sessions' distances to it, once they are clipped."""
    width: float
    """Where distances are clipped."""


def find_change(
    costs: Numbers,
    leaf: Labels,
    times: Numbers,
    *,
    ratio: float,
    sessions: float,
    slower: bool = True,
) -> Change | None:
    """The change that an arm's costs show by now, None without one.

    Args:
        costs: logarithms, of shape (sessions,), in order of time.
        leaf: the leaf class of each.
        times: when each came, ascending. Of those that came at once none is known to be the earlier one.
        ratio: the change that is worth finding, above 1.
        sessions: at most one false alarm in so many.
        slower: whether the arm is looked at for costing more; else for costing less.
    """
    first = len(costs) - min(NEWEST, len(costs) // 2)
    if first < LEAST_BEFORE:
        return None
    first = int(np.searchsorted(times, times[first]))
    levels = _learn_levels(costs[:first], leaf[:first])
    if levels is None:
        return None
    known = levels.known
    since = first + np.flatnonzero(np.isin(leaf[first:], known))
    if not len(since):
        return None
    step = math.log(ratio)
    # From the newest session backwards: what came since each split.
    distance = (costs[since] - levels.level[leaf[since]])[::-1]
    signed = np.clip(distance if slower else -distance, -levels.width, levels.width)
    count = np.arange(1, len(signed) + 1)
    mean = np.cumsum(signed) / count
    came = np.cumsum(leaf[since][::-1, None] == known[None, :], axis=0)
    before = np.array([np.count_nonzero(leaf[:first] == each) for each in known])
    # Those between ``first`` and the split came before it, too.
    before = before + came[-1] - came
    variance = levels.deviation**2 * (1 / count + ((came / count[:, None]) ** 2 / before).sum(axis=1))
    came_at = times[since]
    begins = np.diff(came_at, prepend=-math.inf)[::-1] > 0
    exponent = np.where(begins, (step * mean - step**2 / 2) / variance, -math.inf)
    if np.exp(np.minimum(exponent, _LARGEST)).sum() < SPARE * sessions:
        return None
    split = int(np.argmax(exponent))
    ratio_now = math.exp(float(np.median(distance[: split + 1])))
    return Change(first=int(since[::-1][split]), ratio=ratio_now)


def _learn_levels(costs: Numbers, leaf: Labels) -> _Levels | None:
    counts = np.bincount(leaf)
    known = np.flatnonzero(counts >= LEAST_IN_LEAF)
    rows = np.flatnonzero(np.isin(leaf, known))
    level, width = np.zeros(len(counts)), 0.0
    if len(rows) < LEAST_BEFORE:
        return None
    own, costs = leaf[rows], costs[rows]
    for each in known.tolist():
        level[each] = np.median(costs[own == each])
    for _ in range(3):
        distance = costs - level[own]
        width = CLIP * max(LEAST_DEVIATION, 1.4826 * float(np.median(np.abs(distance))))
        moved = np.bincount(own, weights=np.clip(distance, -width, width), minlength=len(counts))
        level[known] += moved[known] / counts[known]
    clipped = np.clip(costs - level[own], -width, width)
    freedom = max(1, len(rows) - len(known))
    deviation = max(LEAST_DEVIATION, math.sqrt(float((clipped**2).sum()) / freedom))
    return _Levels(known, level, deviation, width)
