"""Votes by stratum, and comparisons of two arms inside strata. A stratum is one release of one leaf class.

Arms run on different devices: people force a backend where the other is slow, and a plan gives phones another
arm than desktops. A mean over all devices then says which devices an arm ran on, and not how fast it is
(Simpson's paradox); a mean over all releases says in which of them it ran. So two arms are compared on the
strata that ran both, and each such stratum weighs the same for both arms. The weight n_a n_b / (n_a + n_b)
makes the pooled difference the least-squares estimate of the model "cost = stratum + arm", whose t statistic
has an anytime-valid test like that of one group (``sequence``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.counting.medians import median, medians
from collector.jobs.recommend.counting.robust import Location, trimmed_mean

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two arms on the strata that ran both, each as a location of its distance to the stratum's centre.

    The difference of the means is the pooled difference of log cost; one mean by itself means nothing.
    """

    first: Location
    second: Location
    strata: Labels


@dataclass(frozen=True, eq=False)
class Layout:
    """Which votes, where they were cast and for which of ``arms``, but not what they cost; of shape (votes,).

    A cost depends on how many predictions pay for a start, so the same votes are weighed several times.
    """

    chosen: Labels
    stratum: Labels
    arm: Labels
    arms: Sequence[ArmKey]

    @cached_property
    def counts(self) -> dict[ArmKey, int]:
        """Votes of each arm that has any."""
        found = np.bincount(self.arm, minlength=len(self.arms))
        return {arm: int(count) for arm, count in zip(self.arms, found, strict=True) if count}

    @cached_property
    def ran(self) -> Labels:
        """The strata that have votes, as numbered in ``stratum``, sorted."""
        return np.flatnonzero(np.bincount(self.stratum))

    @cached_property
    def place(self) -> Labels:
        """The position of each vote's stratum in ``ran``."""
        return np.asarray(np.cumsum(np.bincount(self.stratum) > 0)[self.stratum] - 1)

    @cached_property
    def of_arm(self) -> list[Labels]:
        """The positions of each arm's votes."""
        return [np.flatnonzero(self.arm == index) for index in range(len(self.arms))]

    @cached_property
    def cells(self) -> Numbers:
        """Votes of each stratum that ran and each arm, of shape (strata, arms)."""
        slots = np.bincount(self.place * len(self.arms) + self.arm, minlength=len(self.ran) * len(self.arms))
        return slots.reshape(len(self.ran), len(self.arms)).astype(float)

    @cached_property
    def spent(self) -> list[float]:
        """What ``spent_freedom`` says of each arm over all strata."""
        return spent_freedom(self.cells)


@dataclass(frozen=True, eq=False)
class Strata:
    """The votes of some classes: log costs in ms, of shape (votes,), by stratum and arm."""

    values: Numbers
    layout: Layout
    trim: float
    _pairs: dict[tuple[ArmKey, ArmKey], Pair | None] = field(default_factory=dict)
    _locations: dict[ArmKey, Location] = field(default_factory=dict)

    @property
    def counts(self) -> dict[ArmKey, int]:
        """Votes of each arm that has any."""
        return self.layout.counts

    @cached_property
    def centred(self) -> Numbers:
        """The distance of each vote to its stratum's centre.

        Medians of "stratum + arm" in turn, so that the centre is free of which arms a stratum ran. It only
        decides which votes look extreme.
        """
        layout = self.layout
        if len(layout.ran) == 1:
            return np.asarray(self.values - median(self.values))
        stratum, arm = np.nonzero(layout.cells)
        centres = np.bincount(stratum, weights=self._middles[stratum, arm]) / np.bincount(stratum)
        for _ in range(2):
            distance = self.values - centres[layout.place]
            effects = np.array([median(distance[mine]) if len(mine) else 0.0 for mine in layout.of_arm])
            centres = medians(self.values - effects[layout.arm], layout.place)
        return np.asarray(self.values - centres[layout.place])

    @cached_property
    def _middles(self) -> Numbers:
        """The median of each stratum and arm, of shape (strata, arms); 0 where it did not run the arm."""
        ran = self.layout.cells.ravel() > 0
        slot = self.layout.place * len(self.layout.arms) + self.layout.arm
        middles = np.zeros(len(ran))
        middles[ran] = medians(self.values, (np.cumsum(ran) - 1)[slot])
        return middles.reshape(self.layout.cells.shape)

    def pair(self, first: ArmKey, second: ArmKey) -> Pair | None:
        """The two arms compared inside strata; None when no stratum ran both."""
        if (first, second) not in self._pairs:
            pair = self._compare(first, second)
            self._pairs[first, second] = pair
            self._pairs[second, first] = pair and Pair(pair.second, pair.first, pair.strata)
        return self._pairs[first, second]

    def location(self, arm: ArmKey) -> Location:
        """An arm's own votes, whatever devices they came from. Not to be compared with another arm's."""
        if arm not in self._locations:
            mine = self.values[self.layout.of_arm[self.layout.arms.index(arm)]]
            self._locations[arm] = trimmed_mean(mine, self.trim)
        return self._locations[arm]

    def distances(self, arm: ArmKey) -> Location:
        """An arm's distances to the centres of its strata: their spread is free of the mix of devices."""
        index = self.layout.arms.index(arm)
        return trimmed_mean(self.centred[self.layout.of_arm[index]], self.trim, lost=self.layout.spent[index])

    def _compare(self, first: ArmKey, second: ArmKey) -> Pair | None:
        layout = self.layout
        sides = [layout.arms.index(first), layout.arms.index(second)]
        counts = layout.cells[:, sides]
        both = np.asarray((counts > 0).all(axis=1))
        if not both.any():
            return None
        if len(both) == 1:  # one stratum: a comparison of two groups, without any adjustment
            return Pair(self.location(first), self.location(second), layout.ran)
        counts, number = counts[both], np.cumsum(both) - 1
        centres = self._middles[both][:, sides].sum(axis=1) / 2
        chosen = [mine[both[layout.place[mine]]] for mine in (layout.of_arm[side] for side in sides)]
        strata = [number[layout.place[mine]] for mine in chosen]
        values = [self.values[mine] for mine in chosen]
        # Both arms of a stratum are measured from the same level, so its error cancels in their difference.
        level = [ours - median(ours - centres[place]) for ours, place in zip(values, strata, strict=True)]
        centres = medians(np.concatenate(level), np.concatenate(strata))
        weights = counts[:, 0] * counts[:, 1] / counts.sum(axis=1)
        places = [
            trimmed_mean(
                ours - centres[place], self.trim, weights=(weights / counts[:, side])[place], lost=lost
            )
            for side, (ours, place, lost) in enumerate(
                zip(values, strata, spent_freedom(counts), strict=True)
            )
        ]
        return Pair(places[0], places[1], layout.ran[both])


def spent_freedom(counts: Numbers) -> list[float]:
    """Degrees of freedom that each arm's residuals lose to "stratum + arm"; ``counts`` are (strata, arms).

    Its strata + arms - 1 parameters are put down to the arms by their share of the votes that they rest on.
    """
    shares = (counts / counts.sum(axis=1, keepdims=True)).sum(axis=0)
    spent: list[float] = (shares + 1 - counts.sum(axis=0) / counts.sum()).tolist()
    return spent
