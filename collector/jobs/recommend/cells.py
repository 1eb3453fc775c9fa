"""The mean log cost of each leaf and arm with its precision: what a group of leaves says about its arms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.strata import Strata, count_cells


@dataclass(frozen=True, eq=False)
class Cells:
    """Arrays of shape (leaves, arms); a leaf that did not run an arm has precision 0 and mean 0 there."""

    mean: NDArray[np.float64]
    precision: NDArray[np.float64]

    def level(self, effects: NDArray[np.float64]) -> float:
        """The leaves' mean level, once the arms' effects (arms,) are taken off; leaves weigh by precision."""
        return float((self.precision * (self.mean - effects)).sum() / self.precision.sum())


def measure_cells(strata: Strata, settings: RecommendSettings) -> Cells:
    """The cells of some leaves. Of each arm the votes farthest from their leaf's level are left out.

    Trimming over all leaves of the group, since most leaves have too few votes to trim each by itself.
    """
    _, leaf = np.unique(strata.leaf, return_inverse=True)
    counts = count_cells(leaf, strata.arm, sides=len(strata.arms))
    distance = strata.centred
    total = np.zeros_like(counts)
    kept = np.zeros_like(counts)
    variance = np.ones(len(strata.arms))
    for arm, key in enumerate(strata.arms):
        if key not in strata.counts:
            continue
        chosen = np.flatnonzero(strata.arm == arm)
        variance[arm] = strata.distances(key).variance(settings.prior_sd, settings.prior_weight)
        cut = int(strata.trim * len(chosen) + 1e-9)
        order = chosen[np.argsort(distance[chosen], kind="stable")][cut : len(chosen) - cut]
        np.add.at(total[:, arm], leaf[order], strata.values[order])
        np.add.at(kept[:, arm], leaf[order], 1.0)
    some = kept.sum(axis=1) > 0
    kept, total = kept[some], total[some]
    return Cells(
        mean=np.divide(total, kept, out=np.zeros_like(total), where=kept > 0), precision=kept / variance
    )
