"""Plays a table as a fleet: rounds of sessions, each followed by a decision and a point of the curve."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from pydantic import BaseModel, ConfigDict

from collector.contract.config_document import ConfigDocument
from collector.simulate.cast import Fleet, Session, cast_sessions
from collector.simulate.cells import Cell, after_drift
from collector.simulate.client import PageClient
from collector.simulate.curve import CellState, Point, Waiting, first, make_point
from collector.simulate.day import MIDNIGHT, Calendar
from collector.simulate.liars import Lie, lie
from collector.simulate.life import live
from collector.simulate.noise import slowness_of
from collector.simulate.operator import Decider
from collector.simulate.race import Raced, run_race
from collector.simulate.racers import Winners, Won, is_due, list_racers, plan_for
from collector.simulate.reports import make_reports
from collector.simulate.visit import choose, wanted

POINTS = 10
"""Points of the curve when nothing is decided in between."""
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Script:
    """What is played, and how it is looked at."""

    fleet: Fleet
    days: float = 1.0
    """The sessions are spread over so many days before now."""
    decide_every: int | None = None
    """Sessions between two decisions; None leaves deciding to the collector."""
    decide_after: tuple[int, ...] = ()
    """The decisions, by the number of sessions before each, when they are not evenly spread."""
    lie: Lie = Lie.FAST
    drift: float | None = None
    """By how much each cell's best arm slows down in the middle; None for no drift."""
    tie: float = 0.05
    races: bool = True
    """Whether the pages can race: they have a reference input, and the app allows it."""
    at_once: int = 16


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    sessions: int
    of: int
    doing: str


class Reported(BaseModel):
    """What became of the reports; ``items`` is ``accepted`` and ``duplicate`` and all of ``rejected``."""

    model_config = ConfigDict(frozen=True)

    reports: int
    items: int
    accepted: int
    duplicate: int
    rejected: dict[str, int]
    asked_to_wait: int


class Outcome(BaseModel):
    """A run, with its learning curve."""

    model_config = ConfigDict(frozen=True)

    app: str
    seed: int
    devices: int
    cells: int
    sessions: int
    hostile: int
    races: int
    """Those of honest sessions."""
    reported: Reported
    curve: list[Point]
    first_right_at: float | None
    """Sessions a cell from which on no cell was wrong; null when the last point has one."""
    wasted: float
    wasted_default: float
    raced: float
    """Share of all waiting that races took: a part of ``wasted``."""
    states: list[CellState]
    """Each cell at the end."""
    seconds: float


@dataclass(slots=True)
class _Run:
    cells: list[Cell]
    script: Script
    app: str
    client: PageClient
    operator: Decider | None
    watch: Callable[[Progress], None]
    waiting: Waiting = field(default_factory=Waiting)
    winners: Winners = field(default_factory=Winners)
    played: int = 0
    hostile: int = 0
    races: int = 0

    async def round(self, sessions: Iterator[Session]) -> None:
        """Plays sessions, at most ``at_once`` at one time; the first error ends all of them."""
        workers = [asyncio.create_task(self._work(sessions)) for _ in range(self.script.at_once)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, sessions: Iterator[Session]) -> None:
        for session in sessions:
            await self._visit(session)
            self.played += 1
            self.hostile += session.hostile
            self.tell("playing")

    async def _visit(self, session: Session) -> None:
        cell, fleet = self.cells[session.cell], self.script.fleet
        random = np.random.default_rng([fleet.seed, session.number])
        document = await self.client.config(cell.device)
        reports = random.random() < document.sample_rate and document.enabled
        slowness = slowness_of(session, fleet, random)
        won, raced = None, None
        if self.script.races and not session.hostile:
            won = self.winners.of(session.install, cell)
            if won is None and reports:
                raced = self._race(session, cell, document, slowness)
                won = Won(raced.wins) if raced is not None else None
        choice = choose(cell, document, session.install, self.app, wins=won.arm if won is not None else None)
        life = live(cell, choice.arm, slowness, fleet, random, race=raced)
        if session.hostile:
            choice, life = lie(
                self.script.lie,
                cell,
                document=document,
                honest=(choice, life),
                fleet=fleet,
                random=random,
            )
        else:
            race_ms = raced.extra_ms if raced is not None else 0.0
            self.waiting.add(cell, choice.arm, len(life.ready_ms), fleet.predictions, race_ms)
        ended_at = time.time_ns() // 1_000_000 - int(session.days_ago * DAY_MS)
        if reports:
            for report in make_reports(self.app, cell, choice, life, ended_at):
                await self.client.report(report)

    def _race(self, session: Session, cell: Cell, document: ConfigDocument, slowness: float) -> Raced | None:
        """The race of this install, when the plan has it race; it remembers what won."""
        plan = plan_for(cell, document)
        if plan is None or plan.race is None or not is_due(cell, document, session.install, self.app):
            return None
        raced = run_race(
            cell,
            list_racers(cell, plan),
            wanted(cell, document, session.install, self.app),
            budget_ms=plan.race.budget_ms,
            start_weight=plan.race.start_weight,
            slowness=slowness,
            # Of its own, so that a fleet that cannot race has the same sessions otherwise.
            random=np.random.default_rng([self.script.fleet.seed, session.number, 1]),
        )
        self.winners.keep(session.install, cell, raced.wins)
        self.races += 1
        return raced

    async def decide(self) -> None:
        """Has the collector decide, when there is somebody to ask it."""
        if self.operator is not None:
            self.tell("deciding")
            await self.operator.decide()

    async def point(self) -> tuple[Point, list[CellState]]:
        """Where the fleet stands now."""
        documents = [await self.client.config(cell.device) for cell in self.cells]
        fleet = self.script.fleet
        return make_point(
            self.cells,
            documents,
            self.waiting,
            sessions=self.played,
            usual=fleet.predictions,
            tie=self.script.tie,
        )

    def tell(self, doing: str) -> None:
        self.watch(Progress(self.played, self.script.fleet.sessions, doing))


async def play(
    cells: list[Cell],
    script: Script,
    *,
    app: str,
    client: PageClient,
    operator: Decider | None = None,
    watch: Callable[[Progress], None] = lambda _: None,
) -> Outcome:
    """Plays all sessions and returns what the fleet learned.

    Raises:
        SimulationStopped: the collector cannot be reached, or refuses; what was sent until then is stored.
    """
    began = time.monotonic()
    run = _Run(cells, script, app, client, operator, watch)
    fleet = script.fleet
    calendar = Calendar([cell.device.form for cell in cells], script.days, MIDNIGHT)
    sessions = cast_sessions(cells, fleet, calendar)
    curve: list[Point] = []
    states: list[CellState] = []
    for end in _ends(script):
        await run.round(_until(sessions, end - run.played))
        await run.decide()
        point, states = await run.point()
        curve.append(point)
        if script.drift is not None and end == fleet.sessions // 2:
            run.cells = after_drift(cells, script.drift, fleet.predictions)
    sent = client.sent
    right = first(curve, lambda point: point.wrong == 0)
    return Outcome(
        app=app,
        seed=fleet.seed,
        devices=len({cell.name for cell in cells}),
        cells=len(cells),
        sessions=run.played,
        hostile=run.hostile,
        races=run.races,
        reported=Reported(
            reports=sent.reports,
            items=sent.items,
            accepted=sent.accepted,
            duplicate=sent.duplicate,
            rejected=dict(sorted(sent.rejected.items())),
            asked_to_wait=sent.asked_to_wait,
        ),
        curve=curve,
        first_right_at=right.sessions_a_cell if right else None,
        wasted=curve[-1].wasted,
        wasted_default=curve[-1].wasted_default,
        raced=curve[-1].raced,
        states=states,
        seconds=round(time.monotonic() - began, 1),
    )


def _ends(script: Script) -> list[int]:
    """After how many sessions each round ends; a drift happens between two rounds."""
    of = script.fleet.sessions
    every = script.decide_every or -(-of // POINTS)
    ends = {*(script.decide_after or range(every, of, every)), of}
    if script.drift is not None and of > 1:
        ends.add(of // 2)
    return sorted(ends)


def _until(sessions: Iterator[Session], count: int) -> Iterator[Session]:
    for _ in range(count):
        yield next(sessions)
