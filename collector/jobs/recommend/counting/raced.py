"""Races as votes: a race is a stratum of its own, with one vote for each arm that it timed.

All arms of a race ran on one device, so what devices differ in is in its level and drops out. What is left
varies a tenth as much as sessions do; races are therefore never pooled with them, but weighed beside them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import RaceOutcome
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.counting.conduct import NOT_STARTED, Conduct
from collector.jobs.recommend.counting.costs import CEILING_MS, Costs
from collector.jobs.recommend.counting.places import Places
from collector.jobs.recommend.counting.strata import Layout, Strata
from collector.jobs.recommend.habits import Habits
from collector.jobs.recommend.inputs import Race, RacedArm
from collector.jobs.recommend.settings import RecommendSettings

_INCIDENTS = {RaceOutcome.FAILED: NOT_STARTED, RaceOutcome.WRONG: "wrong_output"}


class RacesSeen(NamedTuple):
    """How many races there were."""

    compared: int
    """Races that timed two arms or more."""
    mute: int
    """Races that compared nothing: their time was over too soon, or all arms but one failed."""


class Raced:
    """The races of one model. One that compared nothing still tells which arms failed."""

    def __init__(
        self, races: Iterable[Race], settings: RecommendSettings, costs: Costs | None = None
    ) -> None:
        self._settings = settings
        self._costs = costs or Costs(settings.aim)
        self._races = sorted(races, key=lambda race: (race.device.key, race.day, race.session))
        leaves = sorted({race.device for race in self._races}, key=lambda leaf: leaf.key)
        place = {leaf: index for index, leaf in enumerate(leaves)}
        self._places = Places(leaves, np.array([place[race.device] for race in self._races], dtype=np.int64))
        timed = [race.timed() for race in self._races]
        self._compares = np.array([len(times) > 1 for times in timed], dtype=np.bool_)
        self.by_leaf = Counter(
            race.device for race, times in zip(self._races, timed, strict=True) if len(times) > 1
        )
        """Races of each leaf class that compared arms."""
        self.arms = {arm for times in timed for arm in times}
        """Every arm that some race timed."""
        self._names = sorted(self.arms)
        number = {arm: index for index, arm in enumerate(self._names)}
        # Times of shape (races, arms); NaN where a race did not time the arm.
        self._ready = np.full((len(self._races), len(self._names)), np.nan)
        self._start = np.zeros_like(self._ready)
        for row, times in enumerate(timed):
            for arm, found in times.items():
                if found.start_ms is None and self._costs.counts_starts_only:
                    continue
                self._ready[row, number[arm]] = min(found.ready_ms or 0.0, CEILING_MS)
                self._start[row, number[arm]] = min(found.start_ms or 0.0, CEILING_MS)

    def seen(self, place: DeviceClass) -> "RacesSeen":
        """How many races a class had."""
        compares = self._compares[self._places.rows(place)]
        return RacesSeen(int(compares.sum()), int((~compares).sum()))

    def strata(
        self, place: DeviceClass, without: DeviceClass | None, habits: Habits, arms: Sequence[ArmKey]
    ) -> Strata | None:
        """Their log costs in ms to visitors with such habits; None without races."""
        rows = self._places.rows(place, without)
        rows = rows[self._compares[rows]]
        order = {arm: index for index, arm in enumerate(arms)}
        columns = np.array([index for index, arm in enumerate(self._names) if arm in order], dtype=np.int64)
        ready = self._ready[np.ix_(rows, columns)]
        stratum, column = np.nonzero(np.isfinite(ready))
        if not len(stratum):
            return None
        start = self._start[np.ix_(rows, columns)]
        arm = np.array([order[self._names[index]] for index in columns.tolist()], dtype=np.int64)[column]
        layout = Layout(np.arange(len(stratum)), stratum, arm, arms)
        values = self._costs.log(ready[stratum, column], start[stratum, column], arm, arms, habits)
        return Strata(values, layout, self._settings.trim)

    def conduct(self, place: DeviceClass, arm: ArmKey) -> Conduct:
        """What the gates see of an arm's races: each is a session with a result, or one that failed."""
        ran = [self._races[row].arms.get(arm) for row in self._places.rows(place).tolist()]
        told = [each for each in ran if each is not None and _tells(each)]
        incidents = Counter(_INCIDENTS[each.outcome] for each in told if each.outcome in _INCIDENTS)
        measured = sum(each.is_timed for each in told)
        return Conduct(
            sessions=len(told),
            measured=measured,
            not_started=incidents[NOT_STARTED],
            troubled=incidents.total() - incidents[NOT_STARTED],
            kinds=frozenset(incidents) - {NOT_STARTED},
            error_shares=np.zeros(len(told)),
            raced=measured,
        )


def _tells(arm: RacedArm) -> bool:
    return arm.outcome in _INCIDENTS or arm.is_timed
