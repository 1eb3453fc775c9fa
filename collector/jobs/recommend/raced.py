"""Races as votes: a race is a stratum of its own, with one vote for each arm that it measured.

All arms of a race ran on one device, so what devices differ in is in its level and drops out. What is left
varies a tenth as much as sessions do; races are therefore never pooled with them, but weighed beside them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from collector.contract.device_class import DeviceClass
from collector.contract.vocabulary import RaceOutcome
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.conduct import NOT_STARTED, Conduct
from collector.jobs.recommend.costs import CEILING_MS, Costs
from collector.jobs.recommend.inputs import Race, RacedArm
from collector.jobs.recommend.places import Places
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.strata import Layout, Strata

_INCIDENTS = {RaceOutcome.FAILED: NOT_STARTED, RaceOutcome.WRONG: "wrong_output"}


class Raced:
    """The races of one model."""

    def __init__(
        self, races: Iterable[Race], settings: RecommendSettings, costs: Costs | None = None
    ) -> None:
        self._settings = settings
        self._costs = costs or Costs(settings.aim)
        self._races = sorted(
            (race for race in races if len(race.measured()) > 1),
            key=lambda race: (race.device.key, race.day, race.session),
        )
        self.by_leaf = Counter(race.device for race in self._races)
        leaves = sorted(self.by_leaf, key=lambda leaf: leaf.key)
        place = {leaf: index for index, leaf in enumerate(leaves)}
        self._places = Places(leaves, np.array([place[race.device] for race in self._races], dtype=np.int64))
        measured = [race.measured() for race in self._races]
        self.arms = {arm for times in measured for arm in times}
        """Every arm that some race measured."""
        self._names = sorted(self.arms)
        number = {arm: index for index, arm in enumerate(self._names)}
        # Times of shape (races, arms); NaN where a race did not measure the arm.
        self._ready = np.full((len(self._races), len(self._names)), np.nan)
        self._start = np.zeros_like(self._ready)
        for row, (race, times) in enumerate(zip(self._races, measured, strict=True)):
            for arm, ready in times.items():
                if race.arms[arm].start_ms is None and self._costs.counts_starts_only:
                    continue
                self._ready[row, number[arm]] = min(ready, CEILING_MS)
                self._start[row, number[arm]] = min(race.arms[arm].start_ms or 0.0, CEILING_MS)

    @property
    def count(self) -> int:
        """Races that compared arms."""
        return len(self._races)

    def strata(
        self, place: DeviceClass, without: DeviceClass | None, usual: float, arms: Sequence[ArmKey]
    ) -> Strata | None:
        """Their log costs in ms, when a start is paid for by ``usual`` predictions; None without races."""
        rows = self._places.rows(place, without)
        order = {arm: index for index, arm in enumerate(arms)}
        columns = np.array([index for index, arm in enumerate(self._names) if arm in order], dtype=np.int64)
        ready = self._ready[np.ix_(rows, columns)]
        stratum, column = np.nonzero(np.isfinite(ready))
        if not len(stratum):
            return None
        start = self._start[np.ix_(rows, columns)]
        arm = np.array([order[self._names[index]] for index in columns.tolist()], dtype=np.int64)[column]
        layout = Layout(np.arange(len(stratum)), stratum, arm, arms)
        values = self._costs.log(ready[stratum, column], start[stratum, column], arm, arms, usual)
        return Strata(values, layout, self._settings.trim)

    def conduct(self, place: DeviceClass, arm: ArmKey) -> Conduct:
        """What the gates see of an arm's races: each is a session with a result, or one that failed."""
        ran = [self._races[row].arms.get(arm) for row in self._places.rows(place).tolist()]
        told = [each for each in ran if each is not None and _tells(each)]
        incidents = Counter(_INCIDENTS[each.outcome] for each in told if each.outcome in _INCIDENTS)
        measured = sum(each.ready_ms is not None for each in told)
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
    return arm.outcome in _INCIDENTS or arm.ready_ms is not None
