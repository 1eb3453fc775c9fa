"""A race on a simulated device, by the rules of the SDK (``client_sdk_js/src/later/race.ts``).

All arms answer alike, so that none is ``wrong``. A prediction that is under way when the time is over ends
first: it keeps the page's thread busy. So a race may take longer than its budget, as a real one does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from collector.contract.vocabulary import Backend, RaceOutcome
from collector.simulate.cells import LOAD_MS, ArmName, Cell
from collector.simulate.noise import of_pair, of_predictions

WARM_RUNS = 5
LEAST_RUNS = 3
"""Of which a median means something."""
HOPELESS = 2.0
"""An arm that costs so many times the best, by its start alone or with its first warm run, is stopped."""
BEHIND = 1.25
"""One that costs so many times the best needs no more runs than ``LEAST_RUNS``."""


@dataclass(slots=True)
class Lane:
    """One arm of a race. Times are in milliseconds, None for what was not reached."""

    asked: ArmName
    backend: Backend
    """What ran: a flavour of wasm that the device lacks gives way to another one."""
    began_ms: float
    """Since the race began."""
    outcome: RaceOutcome = RaceOutcome.LATE
    load_ms: float | None = None
    first_ms: float | None = None
    ready_ms: float | None = None
    """The median of its warm runs."""
    runs: int = 0


@dataclass(frozen=True, slots=True)
class Raced:
    """What came of a race."""

    budget_ms: int
    spent_ms: float
    lanes: Sequence[Lane]
    """In the order in which they ran."""
    winner: int | None
    """Position in the lanes; None when nothing won."""
    kept: Lane | None
    """The lane whose model the page goes on with; None when the model is loaded anew."""

    @property
    def wins(self) -> ArmName | None:
        """What the page asks for from now on."""
        return None if self.winner is None else self.lanes[self.winner].asked

    @property
    def extra_ms(self) -> float:
        """What the visitor waited beside the start of the model that runs, which would have come anyway."""
        kept = self.kept
        return self.spent_ms - ((kept.load_ms or 0.0) + (kept.first_ms or 0.0) if kept else 0.0)


class _Track:
    """A race that is under way."""

    def __init__(
        self,
        cell: Cell,
        budget_ms: int,
        slowness: float,
        random: np.random.Generator,
        start_weight: float = 0.0,
    ) -> None:
        self._cell = cell
        self._start_weight = start_weight
        self._budget_ms = budget_ms
        self._slowness = slowness
        self._random = random
        self.now_ms = 0.0
        self.lanes: list[Lane] = []

    def enter(self, asked: ArmName) -> None:
        """The next arm runs, when there is time left."""
        lane = Lane(asked, asked.backend, self.now_ms)
        self.lanes.append(lane)
        if not self._is_over():
            self._measure(lane)

    def fastest(self) -> int | None:
        """Of two at least: one that was held against none has not won."""
        if sum(lane.outcome is not RaceOutcome.LATE for lane in self.lanes) < 2:
            return None
        costs = {number: self._cost(lane) for number, lane in enumerate(self.lanes) if _is_measured(lane)}
        return min(costs, key=lambda number: (costs[number], number), default=None)

    def _cost(self, lane: Lane) -> float:
        start = (lane.load_ms or 0.0) + (lane.first_ms or 0.0)
        return (lane.ready_ms or 0.0) + self._start_weight * start

    def _measure(self, lane: Lane) -> None:
        ran = self._cell.starts(*lane.asked)
        if ran is None:
            lane.outcome = RaceOutcome.FAILED
            return
        behaviour = self._cell.arms[ran]
        pace = self._slowness * of_pair(self._random)
        fails = self._random.random(1 + WARM_RUNS) < behaviour.error_rate
        times = behaviour.ms * pace * of_predictions(WARM_RUNS, self._random)
        lane.load_ms = self._pass(LOAD_MS * self._slowness)
        if self._is_over():
            return
        first_ms = self._pass(behaviour.warmup_ms * pace)
        if fails[0]:
            lane.outcome = RaceOutcome.FAILED
            return
        lane.backend, lane.first_ms = ran.backend, first_ms
        self._warm(lane, times.tolist(), fails[1:].tolist())

    def _warm(self, lane: Lane, times: list[float], fails: list[bool]) -> None:
        best = min((self._cost(other) for other in self.lanes if _is_measured(other)), default=math.inf)
        for number, (ms, failed) in enumerate(zip(times, fails, strict=True)):
            if number < 2 and self._cost(lane) > HOPELESS * best:
                lane.outcome = RaceOutcome.HOPELESS
                return
            if number >= LEAST_RUNS and self._cost(lane) > BEHIND * best:
                break
            if number == 1 and times[0] * (LEAST_RUNS - 1) > self._budget_ms - self.now_ms:
                return
            if self._is_over():
                break
            self._pass(ms)
            if failed:
                lane.outcome = RaceOutcome.FAILED
                return
            lane.runs, lane.ready_ms = number + 1, sorted(times[: number + 1])[(number + 1) // 2]
        if lane.runs >= LEAST_RUNS:
            lane.outcome = RaceOutcome.MEASURED

    def _pass(self, ms: float) -> float:
        self.now_ms += ms
        return ms

    def _is_over(self) -> bool:
        return self.now_ms >= self._budget_ms


def run_race(
    cell: Cell,
    racers: Sequence[ArmName],
    drawn: ArmName | None,
    *,
    budget_ms: int,
    slowness: float,
    random: np.random.Generator,
    start_weight: float = 0.0,
) -> Raced:
    """Runs arms one after the other on one device.

    Args:
        racers: what runs, in this order.
        drawn: what the page would run without a race; None for the engine's own pick.
        budget_ms: the time that the race has.
        slowness: the device's during this session, the same for all arms.
        start_weight: what a millisecond of starting weighs against one of a warm prediction.
    """
    track = _Track(cell, budget_ms, slowness, random, start_weight)
    for asked in racers:
        track.enter(asked)
    winner = track.fastest()
    without = (lane for lane in track.lanes if lane.asked == drawn and lane.outcome is not RaceOutcome.FAILED)
    kept = track.lanes[winner] if winner is not None else next(without, None)
    return Raced(
        budget_ms=budget_ms,
        spent_ms=track.now_ms,
        lanes=track.lanes,
        winner=winner,
        kept=kept if kept is not None and kept.load_ms is not None else None,
    )


def _is_measured(lane: Lane) -> bool:
    return lane.outcome is RaceOutcome.MEASURED
