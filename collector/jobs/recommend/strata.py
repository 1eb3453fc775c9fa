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
    _locations: dict[ArmKey, Location] = field(default_factory=dict)

    @cached_property
    def counts(self) -> dict[ArmKey, int]:
        """Votes of each arm that has any."""
        found = np.bincount(self.arm, minlength=len(self.arms))
        return {arm: int(count) for arm, count in zip(self.arms, found, strict=True) if count}

    @cached_property
    def ran(self) -> Labels:
        """The leaves that have votes, as numbered in ``leaf``, sorted."""
        return np.flatnonzero(np.bincount(self.leaf))

    @cached_property
    def place(self) -> Labels:
        """The position of each vote's leaf in ``ran``."""
        return np.asarray(np.cumsum(np.bincount(self.leaf) > 0)[self.leaf] - 1)

    @cached_property
    def cells(self) -> Numbers:
        """Votes of each leaf that ran and each arm, of shape (leaves, arms)."""
        return count_cells(self.place, self.arm, sides=len(self.arms))

    @cached_property
    def centred(self) -> Numbers:
        """The distance of each vote to its leaf's centre."""
        if len(self.ran) == 1:
            return np.asarray(self.values - np.median(self.values))
        return np.asarray(self.values - leaf_centres(self.values, self.place, self.arm, rounds=2)[self.place])

    def pair(self, first: ArmKey, second: ArmKey) -> Pair | None:
        """The two arms compared inside leaves; None when no leaf ran both."""
        if (first, second) not in self._pairs:
            pair = self._compare(first, second)
            self._pairs[first, second] = pair
            self._pairs[second, first] = pair and Pair(pair.second, pair.first, pair.leaves)
        return self._pairs[first, second]

    def location(self, arm: ArmKey) -> Location:
        """An arm's own votes, whatever devices they came from. Not to be compared with another arm's."""
        if arm not in self._locations:
            mine = self.values[self.arm == self.arms.index(arm)]
            self._locations[arm] = trimmed_mean(mine, self.trim)
        return self._locations[arm]

    def distances(self, arm: ArmKey) -> Location:
        """An arm's distances to the centres of its leaves: their spread is free of the mix of devices."""
        index = self.arms.index(arm)
        return trimmed_mean(self.centred[self.arm == index], self.trim, lost=float(self._spent[index]))

    @cached_property
    def _spent(self) -> Numbers:
        return spent_freedom(self.cells)

    def _compare(self, first: ArmKey, second: ArmKey) -> Pair | None:
        mine, theirs = self.arms.index(first), self.arms.index(second)
        counts = self.cells[:, [mine, theirs]]
        both = np.asarray((counts > 0).all(axis=1))
        if not both.any():
            return None
        if len(both) == 1:  # one leaf: a comparison of two groups, without any adjustment
            return Pair(self.location(first), self.location(second), self.ran)
        chosen = np.flatnonzero(((self.arm == mine) | (self.arm == theirs)) & both[self.place])
        leaf = (np.cumsum(both) - 1)[self.place[chosen]]
        side = (self.arm[chosen] == theirs).astype(np.int64)
        values, counts = self.values[chosen], counts[both]
        distance = values - leaf_centres(values, leaf, side, rounds=1)[leaf]
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
        return Pair(places[0], places[1], self.ran[both])


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


def leaf_centres(values: Numbers, leaf: Labels, side: Labels, *, rounds: int) -> Numbers:
    """Each leaf's level, free of which arms it ran, of shape (leaves,): medians of "leaf + arm" in turn.

    Both arms of a leaf are measured from the same level, so an error of it cancels in their difference; it
    only decides which votes look extreme. One round is enough where every leaf ran every arm.
    """
    sides = int(side.max()) + 1
    slot = leaf * sides + side
    found = np.bincount(slot) > 0
    owner = np.flatnonzero(found) // sides
    middles = _medians(values, np.cumsum(found)[slot] - 1)
    centres = np.bincount(owner, weights=middles) / np.bincount(owner)
    ran = np.bincount(side) > 0
    index = np.cumsum(ran)[side] - 1
    for _ in range(rounds):
        distance = values - centres[leaf]
        effects = np.array([np.median(distance[index == which]) for which in range(int(index.max()) + 1)])
        centres = _medians(values - effects[index], leaf)
    return centres


def _medians(values: Numbers, group: Labels) -> Numbers:
    """The median of each group 0, 1, 2, ...; every group has a value."""
    sizes = np.bincount(group)
    by_value = np.argsort(values)
    # A stable sort of 8 or 16 bits is a radix sort: much faster than a sort by two keys.
    labels = group.astype(np.min_scalar_type(len(sizes)))[by_value]
    ordered = values[by_value][np.argsort(labels, kind="stable")]
    starts = np.cumsum(sizes) - sizes
    return np.asarray((ordered[starts + (sizes - 1) // 2] + ordered[starts + sizes // 2]) / 2)
