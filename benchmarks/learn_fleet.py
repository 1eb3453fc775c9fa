"""One fleet, played to a running collector from an app that it has never seen."""

import json
import subprocess
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from collector.simulate import Cell, Fleet, Operator, Outcome, PageClient, Script, play

EARLY, LATE = 2, 10
"""Sessions a cell between two decisions, before and after ``SETTLED``."""
SETTLED = 20


@dataclass(frozen=True)
class Collector:
    """Where fleets are played to."""

    url: str
    inferfleet: Sequence[str]
    environment: dict[str, str]

    def add_app(self, app: str) -> str:
        """A new app. Returns its write key."""
        done = subprocess.run(
            [*self.inferfleet, "apps", "add", "--app", app, "--json"],
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
        )
        key: str = json.loads(done.stdout)["key"]["key"]
        return key

    @property
    def token(self) -> str:
        """The admin token that it made for itself."""
        return (Path(self.environment["INFERFLEET_DATA_DIR"]) / "admin.token").read_text().strip()


@dataclass(frozen=True)
class Played:
    """A run, and how long each decision took."""

    outcome: Outcome
    decide_s: Sequence[float]


@dataclass
class _Watched:
    """An operator whose decisions are timed."""

    operator: Operator
    took_s: list[float] = field(default_factory=list)

    async def decide(self) -> None:
        began = time.monotonic()
        await self.operator.decide()
        self.took_s.append(time.monotonic() - began)


async def play_fleet(
    collector: Collector, cells: list[Cell], seed: int, *, races: bool, sessions_a_cell: int
) -> Played:
    """Plays one seed of a table, from defaults alone."""
    app = f"seed-{seed}-simulated"
    key = collector.add_app(app)
    fleet = Fleet(sessions=sessions_a_cell * len(cells), seed=seed)
    script = Script(fleet, decide_after=decision_points(len(cells), sessions_a_cell), races=races)
    async with (
        aclosing(PageClient(collector.url, app, key, at_once=script.at_once)) as client,
        aclosing(Operator(collector.url, app, collector.token)) as operator,
    ):
        watched = _Watched(operator)
        outcome = await play(cells, script, app=app, client=client, operator=watched)
    return Played(outcome, watched.took_s)


def decision_points(cells: int, sessions_a_cell: int) -> tuple[int, ...]:
    """After how many sessions decisions are made."""
    early = range(EARLY, min(SETTLED, sessions_a_cell) + 1, EARLY)
    late = range(SETTLED + LATE, sessions_a_cell + 1, LATE)
    return tuple(cells * each for each in (*early, *late))
