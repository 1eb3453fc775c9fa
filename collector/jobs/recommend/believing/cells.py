"""The mean log cost of each stratum and arm with its precision: what some strata say about their arms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.contract.device_class import DeviceClass
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.counting.strata import Strata
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.habits import Habits
from collector.jobs.recommend.settings import RecommendSettings


@dataclass(frozen=True, eq=False)
class Cells:
    """Arrays of shape (strata, arms); a stratum that did not run an arm has precision 0 and mean 0 there."""

    mean: NDArray[np.float64]
    precision: NDArray[np.float64]
    ran: frozenset[ArmKey]
    """The arms that have votes here."""

    def level(self, effects: NDArray[np.float64]) -> float:
        """Their mean level, once the arms' effects (arms,) are taken off; strata weigh by precision."""
        return float((self.precision * (self.mean - effects)).sum() / self.precision.sum())


class Shells:
    """The cells of the strata in a class but not in one of its children; each is measured once."""

    def __init__(self, votes: Votes, settings: RecommendSettings) -> None:
        self.votes = votes
        self._settings = settings
        self._raced = settings.model_copy(update={"prior_sd": settings.race_sd})
        self._known: dict[tuple[str, str | None, Habits], list[Cells]] = {}

    def measure(self, place: DeviceClass, without: DeviceClass | None, habits: Habits) -> list[Cells]:
        """The cells of a class without one of its children: of its sessions, then of its races.

        What is lent to a child rests on some of the votes, and on rounded habits: it
        says less of the child than its own votes do, and need not be measured anew for each class below.
        """
        habits = habits if without is None else habits.rounded()
        key = place.key, without.key if without else None, habits
        if key not in self._known:
            own = self.votes.layout(place) if without is None else self.votes.lent(place, without)
            sessions = self.votes.strata(own, habits)
            races = self.votes.raced.strata(place, without, habits, self.votes.arms)
            self._known[key] = self._measure(sessions, races)
        return self._known[key]

    def measure_older(self, place: DeviceClass, habits: Habits) -> list[Cells]:
        """The cells of what a class knew before a change; none where nothing changed."""
        sessions = self.votes.strata(self.votes.older(place), habits)
        races = self.votes.raced_before.strata(place, None, habits, self.votes.arms)
        return self._measure(sessions, races)

    def _measure(self, sessions: Strata, races: Strata | None) -> list[Cells]:
        return [
            measure_cells(strata, settings)
            for strata, settings in ((sessions, self._settings), (races, self._raced))
            if strata is not None and strata.counts
        ]


def measure_cells(strata: Strata, settings: RecommendSettings) -> Cells:
    """The cells of some strata. Of each arm the votes farthest from their stratum's level are left out.

    Trimming over all strata of the group, since most strata have too few votes to trim each by itself.
    """
    layout, distance = strata.layout, strata.centred
    place, strata_ran = layout.place, len(layout.ran)
    total = np.zeros((strata_ran, len(layout.arms)))
    kept = np.zeros_like(total)
    variance = np.ones(len(layout.arms))
    for arm, key in enumerate(layout.arms):
        if key not in layout.counts:
            continue
        chosen = layout.of_arm[arm]
        variance[arm] = strata.distances(key).variance(settings.prior_sd, settings.prior_weight)
        cut = int(strata.trim * len(chosen) + 1e-9)
        order = chosen[np.argsort(distance[chosen], kind="stable")][cut : len(chosen) - cut]
        total[:, arm] = np.bincount(place[order], weights=strata.values[order], minlength=strata_ran)
        kept[:, arm] = np.bincount(place[order], minlength=strata_ran)
    some = kept.sum(axis=1) > 0
    kept, total = kept[some], total[some]
    return Cells(
        mean=np.divide(total, kept, out=np.zeros_like(total), where=kept > 0),
        precision=kept / variance,
        ran=frozenset(strata.counts),
    )
