"""Normal beliefs about the arms of a class, of which only the differences are ever told."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import ORIGINAL
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.cells import Cells, Shells
from collector.jobs.recommend.habits import Habits
from collector.jobs.recommend.lessons import Effects, Normal

Numbers = NDArray[np.float64]
ARM_SD = 3.0
"""Before any vote, arms may differ by a factor of e^3 = 20: wider than most tables, so that votes decide."""


def update(mean: Numbers, covariance: Numbers, cells: Cells) -> tuple[Numbers, Numbers]:
    """The normal posterior of the arms' effects, with the level of each stratum integrated out.

    A stratum with precisions D for its arms' means y says (D - D11'D / 1'D1) of the effects: the differences.
    ``mean`` (arms,) and ``covariance`` (arms, arms) may have more arms than the cells, which come first.
    """
    precise, means = cells.precision, cells.mean
    more = len(mean) - precise.shape[1]
    if more:
        precise, means = (np.pad(each, ((0, 0), (0, more))) for each in (precise, means))
    total = precise.sum(axis=1)
    information = np.diag(precise.sum(axis=0)) - precise.T @ (precise / total[:, None])
    centred = means - (precise * means).sum(axis=1, keepdims=True) / total[:, None]
    prior = np.linalg.inv(covariance)
    posterior = np.linalg.inv(prior + information)
    return posterior @ (prior @ mean + (precise * centred).sum(axis=0)), posterior


def as_cells(told: Sequence[tuple[Effects, float]], arms: Sequence[ArmKey]) -> Cells:
    """Effects as strata, one for each; of each the variance that is added to what is told of its arms."""
    mean, precision = np.zeros((2, len(told), len(arms)))
    for row, (effects, more) in enumerate(told):
        for column, arm in enumerate(arms):
            if arm in effects:
                mean[row, column] = effects[arm].mean
                precision[row, column] = 1 / (effects[arm].variance + more)
    return Cells(mean, precision, frozenset(arm for effects, _ in told for arm in effects))


def pool(several: Iterable[Effects]) -> Effects:
    """What several effects say together."""
    told = [(each, 0.0) for each in several]
    if len(told) == 1:
        return told[0][0]
    arms = sorted({arm for effects, _ in told for arm in effects})
    found = update(np.zeros(len(arms)), np.eye(len(arms)) * ARM_SD**2, as_cells(told, arms))
    return as_effects(*found, arms)


def as_effects(mean: Numbers, covariance: Numbers, arms: Sequence[ArmKey]) -> Effects:
    """Each arm's effect, with the variances that fit those of all differences best."""
    spread = as_independent(covariance)
    return {
        arm: Normal(float(value), float(variance))
        for arm, value, variance in zip(arms, mean, spread, strict=True)
    }


def as_independent(covariance: Numbers) -> Numbers:
    """Variances d with d_a + d_b near to the variance of each difference a - b, of shape (arms,).

    What all arms have in common, the device's level, has no bearing on which is best and drops out. Near
    means in proportion: two arms that were compared often must not look unsure for the sake of a third that
    nobody ran. Exact where the effects are independent but for the level, as they are in a single stratum.
    """
    own = np.diag(covariance)
    count = len(own)
    if count < 2:
        return np.asarray(own)
    between = own[:, None] + own[None, :] - 2 * covariance
    first, second = np.triu_indices(count, 1)
    pairs = np.zeros((len(first), count))
    rows = np.arange(len(first))
    pairs[rows, first] = pairs[rows, second] = 1 / between[first, second]
    fitted = np.linalg.lstsq(pairs, np.ones(len(first)), rcond=None)[0]
    return np.asarray(np.maximum(0.05 * between[first, second].min(), fitted))


def own_effects(shells: Shells, device: DeviceClass, habits: Habits) -> Effects:
    """A model's lesson of one class, of arms of the original variant; empty where it compares no two arms."""
    arms = shells.votes.arms
    mean, covariance, ran = _fit(shells.measure(device, None, habits), len(arms))
    if device.level:
        parent = list(device.ancestors())[1]
        rest, error, there = _fit(shells.measure(parent, device, habits), len(arms))
        mean, covariance, ran = mean - rest, covariance + error, ran & there
    kept = [index for index, arm in enumerate(arms) if arm in ran and arm.variant == ORIGINAL]
    if len(kept) < 2:
        return {}
    return as_effects(mean[kept], covariance[np.ix_(kept, kept)], [arms[index] for index in kept])


def _fit(several: Sequence[Cells], count: int) -> tuple[Numbers, Numbers, frozenset[ArmKey]]:
    """(the effects of all arms, their covariance, the arms that ran)."""
    mean, covariance = np.zeros(count), np.eye(count) * ARM_SD**2
    for cells in several:
        mean, covariance = update(mean, covariance, cells)
    return mean, covariance, frozenset[ArmKey]().union(*(cells.ran for cells in several))
