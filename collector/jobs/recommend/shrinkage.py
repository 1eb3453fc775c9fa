"""Empirical-Bayes back-off: what a class borrows from its parents, arm by arm.

The path root -> class is walked as a chain of shells that share no vote: root without its child, that child
without its own child, ..., the class itself. From shell to shell each arm's mean of log cost may drift, with
a variance estimated from all classes of that level; the new shell's own votes correct it by their precision.
What shifts all arms together (a faster device) is an offset per shell and is not shrunk: it says nothing
about which arm is best. A class seen five times is therefore near its parents, and one seen often is itself.
Model: a normal random effect per (class, arm); method of moments for its variance (DerSimonian & Laird 1986),
with ``class_sd`` as its prior.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from collector.contract.device_class import LEVELS, DeviceClass
from collector.jobs.recommend.inputs import ArmKey
from collector.jobs.recommend.robust import Location
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.votes import Votes

Belief = dict[ArmKey, "Normal"]


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal belief about an arm's mean log cost."""

    mean: float
    variance: float


def between_class_variances(votes: Votes, usual: float, settings: RecommendSettings) -> list[float]:
    """For each level 0..4, the variance of an arm's standing between a class and the rest of its parent."""
    squares: dict[int, float] = defaultdict(float)
    cells: dict[int, int] = defaultdict(int)
    for device in votes.classes():
        if device.level == 0:
            continue
        own = votes.within(device)
        rest = votes.within(_parent(device)) & ~own
        here = _beliefs(votes.locations(own, usual), settings)
        there = _beliefs(votes.locations(rest, usual), settings)
        shared = sorted(here.keys() & there.keys())
        if len(shared) < 2:
            continue  # one arm alone cannot be told from a faster device
        gaps = {
            arm: Normal(here[arm].mean - there[arm].mean, here[arm].variance + there[arm].variance)
            for arm in shared
        }
        centre = _weighted_mean(gaps)
        sampling = sum(gap.variance for gap in gaps.values()) * (len(shared) - 1) / len(shared)
        squares[device.level] += max(0.0, sum((gap.mean - centre) ** 2 for gap in gaps.values()) - sampling)
        cells[device.level] += len(shared) - 1
    prior, weight = settings.class_sd**2, settings.class_weight
    return [(weight * prior + squares[level]) / (weight + cells[level]) for level in range(len(LEVELS) + 1)]


def believe(
    votes: Votes, device: DeviceClass, usual: float, variances: list[float], settings: RecommendSettings
) -> Belief:
    """What is known of each arm in a class: its own votes, and what its parents lend."""
    path = list(device.ancestors())[::-1]
    belief: Belief = {}
    for step, place in enumerate(path):
        mask = votes.within(place)
        if step + 1 < len(path):
            mask = mask & ~votes.within(path[step + 1])
        shell = _beliefs(votes.locations(mask, usual), settings)
        belief = _descend(belief, shell, variances[place.level])
    return belief


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


def _descend(prior: Belief, shell: Belief, drift: float) -> Belief:
    """One step down: drift, shift by what all shared arms have in common, weigh in the own votes."""
    if not shell:
        return {arm: Normal(normal.mean, normal.variance + drift) for arm, normal in prior.items()}
    shared = sorted(prior.keys() & shell.keys())
    if not shared:
        return shell  # nothing in common: the device's speed cannot be told from the arms'
    gaps = {
        arm: Normal(shell[arm].mean - prior[arm].mean, shell[arm].variance + prior[arm].variance + drift)
        for arm in shared
    }
    offset = _weighted_mean(gaps)
    result: Belief = {}
    for arm in sorted(prior.keys() | shell.keys()):
        if arm not in prior:
            result[arm] = shell[arm]
            continue
        lent = Normal(prior[arm].mean + offset, prior[arm].variance + drift)
        result[arm] = _combine(lent, shell[arm]) if arm in shell else lent
    return result


def _combine(first: Normal, second: Normal) -> Normal:
    precision = 1 / first.variance + 1 / second.variance
    return Normal((first.mean / first.variance + second.mean / second.variance) / precision, 1 / precision)


def _weighted_mean(gaps: Mapping[ArmKey, Normal]) -> float:
    weights = {arm: 1 / gap.variance for arm, gap in gaps.items()}
    return sum(weights[arm] * gaps[arm].mean for arm in gaps) / sum(weights.values())


def _beliefs(locations: Mapping[ArmKey, Location], settings: RecommendSettings) -> Belief:
    return {
        arm: Normal(place.mean, place.standard_error(settings.prior_sd, settings.prior_weight) ** 2)
        for arm, place in locations.items()
    }


def _parent(device: DeviceClass) -> DeviceClass:
    return list(device.ancestors())[1]
