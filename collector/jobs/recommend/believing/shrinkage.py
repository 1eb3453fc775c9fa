"""Empirical-Bayes back-off: what a class borrows from its parents, arm by arm.

The path root -> class is walked as a chain of shells that share no vote: root without its child, that child
without its own child, ..., the class itself. From shell to shell each arm's mean of log cost may drift, with
a variance estimated from all classes of that level; the new shell's own votes correct it by their precision.
What a stratum has in common for all of its arms (a faster device) is a level of its own, of which nothing is
known beforehand: only the differences between arms that ran in the same stratum are lent. Arms that never met
in one stay as unordered as they were. A class seen five times is therefore near its parents, and one seen
often is itself.
Model: a normal random effect per (class, arm); method of moments for its variance (DerSimonian & Laird 1986),
with ``class_sd`` as its prior.
"""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from collector.contract.device_class import LEVELS, DeviceClass
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.borrowing import Borrowed
from collector.jobs.recommend.believing.cells import Shells
from collector.jobs.recommend.believing.effects import ARM_SD, as_effects, update
from collector.jobs.recommend.counting.strata import Pair, Strata
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.habits import Habits
from collector.jobs.recommend.lessons import Normal
from collector.jobs.recommend.settings import RecommendSettings

Belief = dict[ArmKey, Normal]


def between_class_variances(votes: Votes, habits: Habits, settings: RecommendSettings) -> list[float]:
    """For each level 0..4, the variance of an arm's standing between a class and the rest of its parent.

    A standing is the difference to a reference arm inside strata, so that neither a faster device nor another
    mix of devices is taken for one.
    """
    squares: dict[int, float] = defaultdict(float)
    cells: dict[int, int] = defaultdict(int)
    for device in votes.classes():
        if device.level == 0:
            continue
        here = votes.strata(votes.lent(device), habits)
        there = votes.strata(votes.lent(_parent(device), device), habits)
        gaps = _standing_gaps(here, there, settings)
        squares[device.level] += max(0.0, sum((gap.mean**2 - gap.variance) / 2 for gap in gaps))
        cells[device.level] += len(gaps)
    prior, weight = settings.class_sd**2, settings.class_weight
    return [(weight * prior + squares[level]) / (weight + cells[level]) for level in range(len(LEVELS) + 1)]


def believe(
    shells: Shells, device: DeviceClass, habits: Habits, variances: list[float], borrowed: Borrowed
) -> Belief:
    """What is known of each arm in a class: its own votes, what its parents lend, and what others do."""
    path = list(device.ancestors())[::-1]
    arms = borrowed.arms
    mean, covariance = borrowed.drift(path[0], ARM_SD**2)
    seen = borrowed.arms_told(path[0])
    level = 0.0
    for place, child in zip(path, [*path[1:], None], strict=True):
        if place.level:
            shift, spread = borrowed.drift(place, variances[place.level])
            mean, covariance = mean + shift, covariance + spread
            seen |= borrowed.arms_told(place)
        if child is None:
            # What it knew itself before a change is lent to it as by a class above.
            for cells in shells.measure_older(place, habits):
                seen |= cells.ran
                mean, covariance = update(mean, covariance, cells)
                level = cells.level(mean[: cells.mean.shape[1]])
            covariance = covariance + np.eye(len(arms)) * shells.votes.moved(place)
        for index, cells in enumerate(shells.measure(place, child, habits)):
            seen |= cells.ran
            mean, covariance = update(mean, covariance, cells)
            if not index:
                level = cells.level(mean[: cells.mean.shape[1]])
    known = [index for index, arm in enumerate(arms) if arm in seen]
    chosen = covariance[np.ix_(known, known)]
    effects = as_effects(level + mean[known], chosen, [arms[index] for index in known])
    return dict(effects)


def best_probabilities(belief: Mapping[ArmKey, Normal]) -> dict[ArmKey, float]:
    """The chance of each arm to have the least mean, for independent normals.

    One integral per arm, P(k) = int pdf_k(x) prod_j P(X_j > x) dx, on a fixed grid of 801 points over 6
    standard deviations: no random numbers, so the same belief gives the same shares.
    """
    if len(belief) == 1:
        return dict.fromkeys(belief, 1.0)
    # Here: what does not decide, a collector that starts for one, need not wait for it.
    from scipy.special import ndtr  # noqa: PLC0415

    z = np.linspace(-6.0, 6.0, 801)
    density = np.exp(-0.5 * z * z)
    raw: dict[ArmKey, float] = {}
    for arm, mine in belief.items():
        x = mine.mean + z * np.sqrt(mine.variance)
        above = np.ones_like(x)
        for other, theirs in belief.items():
            if other != arm:
                above *= ndtr((theirs.mean - x) / np.sqrt(theirs.variance))
        raw[arm] = float((density * above).sum())
    total = sum(raw.values())
    return {arm: value / total for arm, value in raw.items()}


def _standing_gaps(here: Strata, there: Strata, settings: RecommendSettings) -> list[Normal]:
    """How far each arm's distance to a reference arm differs between two groups of strata."""
    shared = sorted(here.counts.keys() & there.counts.keys(), key=lambda arm: (-here.counts[arm], arm))
    gaps: list[Normal] = []
    for arm in shared[1:]:
        ours, theirs = here.pair(arm, shared[0]), there.pair(arm, shared[0])
        if ours is not None and theirs is not None:
            inside, outside = _difference(ours, settings), _difference(theirs, settings)
            gaps.append(Normal(inside.mean - outside.mean, inside.variance + outside.variance))
    return gaps


def _difference(pair: Pair, settings: RecommendSettings) -> Normal:
    errors = (
        place.standard_error(settings.prior_sd, settings.prior_weight) for place in (pair.first, pair.second)
    )
    return Normal(pair.first.mean - pair.second.mean, sum(error**2 for error in errors))


def _parent(device: DeviceClass) -> DeviceClass:
    return list(device.ancestors())[1]
