"""Races as votes: a race is a stratum of its own, with one vote for each arm that it measured.

All arms of a race ran on one device, so what devices differ in is in its level and drops out. What is left
varies a tenth as much as sessions do; races are therefore never pooled with them, but weighed beside them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from collector.contract.device_class import DeviceClass
from collector.jobs.recommend.inputs import ArmKey, Race, Visit
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.strata import Layout, Strata

FLOOR_MS = 1e-3
CEILING_MS = 3.6e6
_INCIDENTS = {"failed": "not_started", "wrong": "wrong_output"}


class Raced:
    """The races of one model."""

    def __init__(self, races: Iterable[Race], settings: RecommendSettings) -> None:
        self._settings = settings
        self._races = sorted(
            (race for race in races if len(race.measured()) > 1),
            key=lambda race: (race.device.key, race.day, race.session),
        )
        self.by_leaf = Counter(race.device for race in self._races)
        self._places = [set(race.device.ancestors()) for race in self._races]

    @property
    def count(self) -> int:
        """Races that compared arms."""
        return len(self._races)

    @property
    def arms(self) -> set[ArmKey]:
        """Every arm that some race measured."""
        return {arm for race in self._races for arm in race.measured()}

    def within(self, place: DeviceClass, without: DeviceClass | None = None) -> list[Race]:
        """The races of a class, without those of one of its children."""
        return [
            race
            for race, places in zip(self._races, self._places, strict=True)
            if place in places and without not in places
        ]

    def strata(
        self, place: DeviceClass, without: DeviceClass | None, usual: float, arms: Sequence[ArmKey]
    ) -> Strata | None:
        """Their log costs in ms, when a start is paid for by ``usual`` predictions; None without races."""
        order = {arm: index for index, arm in enumerate(arms)}
        votes = [
            (number, order[arm], self._cost(race, arm, ready, usual))
            for number, race in enumerate(self.within(place, without))
            for arm, ready in sorted(race.measured().items())
            if arm in order
        ]
        if not votes:
            return None
        stratum, arm, cost = (np.array(column) for column in zip(*votes, strict=True))
        layout = Layout(np.arange(len(votes)), stratum, arm, arms)
        return Strata(np.log(np.clip(cost, FLOOR_MS, CEILING_MS)), layout, self._settings.trim)

    def as_visits(self, place: DeviceClass, arm: ArmKey) -> list[Visit]:
        """What the gates see of an arm's races: each is a session with a result, or one that failed."""
        found: list[Visit] = []
        for race in self.within(place):
            raced = race.arms.get(arm)
            if raced is not None and (raced.outcome in _INCIDENTS or raced.ready_ms is not None):
                incident = _INCIDENTS.get(raced.outcome)
                found.append(
                    Visit(
                        device=race.device,
                        arm=arm,
                        predictions=1,
                        ready_ms=raced.ready_ms,
                        incidents=frozenset({incident} if incident else ()),
                        capable=race.capable,
                        release=race.release,
                    )
                )
        return found

    def _cost(self, race: Race, arm: ArmKey, ready: float, usual: float) -> float:
        start = race.arms[arm].start_ms or 0.0
        return self._settings.ready_weight * ready + self._settings.startup_weight * start / usual
