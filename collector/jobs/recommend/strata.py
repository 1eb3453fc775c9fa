"""Votes by leaf class, and comparisons of two arms inside leaves.

Arms run on different devices: people force a backend where the other is slow, and a plan gives phones another
arm than desktops. A mean over all devices then says which devices an arm ran on, and not how fast it is
(Simpson's paradox). So two arms are compared on the leaves that ran both, and each such leaf weighs the same
for both arms. The weight n_a n_b / (n_a + n_b) makes the pooled difference the least-squares estimate of the
model "cost = leaf + arm", whose t statistic has an anytime-valid test like that of one group (``sequence``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from collector.jobs.recommend.inputs import ArmKey
from collector.jobs.recommend.robust import Location, trimmed_mean

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two arms on the leaves that ran both, each as a location of its distance to the leaf's centre.

    The difference of the means is the pooled difference of log cost; one mean by itself means nothing.
    """

    first: Location
    second: Location
    leaves: Labels


@dataclass(frozen=True, eq=False)
class Strata:
    """The votes of some classes.

    ``values`` are log costs in ms, ``leaf`` and ``arm`` say where and with which of ``arms`` each was
    measured; all three have shape (votes,).
    """

    values: Numbers
    leaf: Labels
    arm: Labels
    arms: Sequence[ArmKey]
    trim: float
    _pairs: dict[tuple[ArmKey, ArmKey], Pair | None] = field(default_factory=dict)

    @cached_property
    def counts(self) -> dict[ArmKey, int]:
        """Votes of each arm that has any."""
        found = np.bincount(self.arm, minlength=len(self.arms))
        return {arm: int(count) for arm, count in zip(self.arms, found, strict=True) if count}

    def pair(self, first: ArmKey, second: ArmKey) -> Pair | None:
        """The two arms compared inside leaves; None when no leaf ran both."""
        if (first, second) not in self._pairs:
            pair = self._compare(first, second)
            self._pairs[first, second] = pair
            self._pairs[second, first] = pair and Pair(pair.second, pair.first, pair.leaves)
        return self._pairs[first, second]

    def location(self, arm: ArmKey) -> Location:
        """An arm's own votes, whatever devices they came from. Not to be compared with another arm's."""
        return trimmed_mean(self.values[self.arm == self.arms.index(arm)], self.trim)

    def distances(self, arm: ArmKey) -> Location:
        """An arm's distances to the centres of its leaves: their spread is free of the mix of devices."""
        index = self.arms.index(arm)
        return trimmed_mean(self.centred[self.arm == index], self.trim, lost=float(self._spent[index]))

    @cached_property
    def centred(self) -> Numbers:
        """The distance of each vote to its leaf's centre."""
        _, leaf = np.unique(self.leaf, return_inverse=True)
        return np.asarray(self.values - leaf_centres(self.values, leaf, self.arm)[leaf])

    @cached_property
    def _spent(self) -> Numbers:
        _, leaf = np.unique(self.leaf, return_inverse=True)
        return spent_freedom(count_cells(leaf, self.arm, sides=len(self.arms)))

    def _compare(self, first: ArmKey, second: ArmKey) -> Pair | None:
        mine, theirs = (self.arm == self.arms.index(arm) for arm in (first, second))
        common = np.intersect1d(self.leaf[mine], self.leaf[theirs])
        chosen = (mine | theirs) & np.isin(self.leaf, common)
        if not len(common):
            return None
        leaf = np.searchsorted(common, self.leaf[chosen])
        side = np.where(mine[chosen], 0, 1)
        distance = self.values[chosen] - leaf_centres(self.values[chosen], leaf, side)[leaf]
        counts = count_cells(leaf, side, sides=2)
        weights = counts[:, 0] * counts[:, 1] / counts.sum(axis=1)
        places = [
            trimmed_mean(
                distance[side == which],
                self.trim,
                weights=(weights / counts[:, which])[leaf[side == which]],
                lost=lost,
            )
            for which, lost in enumerate(spent_freedom(counts))
        ]
        return Pair(places[0], places[1], common)


def count_cells(leaf: Labels, side: Labels, *, sides: int) -> Numbers:
    """Votes of each leaf and arm, of shape (leaves, sides)."""
    leaves = int(leaf.max()) + 1
    return np.bincount(leaf * sides + side, minlength=leaves * sides).reshape(leaves, sides).astype(float)


def spent_freedom(counts: Numbers) -> Numbers:
    """Degrees of freedom that each arm's residuals lose to the model "leaf + arm", of shape (sides,).

    Its leaves + arms - 1 parameters are put down to the arms by their share of the votes that they rest on.
    """
    return np.asarray(
        (counts / counts.sum(axis=1, keepdims=True)).sum(axis=0) + 1 - counts.sum(axis=0) / counts.sum()
    )


def leaf_centres(values: Numbers, leaf: Labels, side: Labels) -> Numbers:
    """Each leaf's level, free of which arms it ran, of shape (leaves,): medians of "leaf + arm" in turn.

    Both arms of a leaf are measured from the same level, so an error of it cancels in their difference; it
    only decides which votes look extreme.
    """
    sides = int(side.max()) + 1
    cells, cell = np.unique(leaf * sides + side, return_inverse=True)
    owner = cells // sides
    centres = np.bincount(owner, weights=_medians(values, cell)) / np.bincount(owner)
    for _ in range(2):
        effects = np.zeros(sides)
        ran, index = np.unique(side, return_inverse=True)
        effects[ran] = _medians(values - centres[leaf], index)
        centres = _medians(values - effects[side], leaf)
    return centres


def _medians(values: Numbers, group: Labels) -> Numbers:
    """The median of each group 0, 1, 2, ...; every group has a value."""
    ordered = values[np.lexsort((values, group))]
    sizes = np.bincount(group)
    starts = np.cumsum(sizes) - sizes
    return np.asarray((ordered[starts + (sizes - 1) // 2] + ordered[starts + sizes // 2]) / 2)
