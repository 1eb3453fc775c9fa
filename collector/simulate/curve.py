"""The learning curve: how many cells get the wrong arm, and what waiting visitors could have been spared.

A cell is wrong when the arm that most of its installs would get now is not its best one, ties aside. Costs
are the table's, not the noisy ones that sessions measured: the curve has no noise but that of learning.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from collector.contract.config_document import ConfigDocument
from collector.simulate.cells import ArmName, Cell
from collector.simulate.visit import shares

T = TypeVar("T")


class Point(BaseModel):
    """Where the fleet stands after so many sessions."""

    model_config = ConfigDict(frozen=True)

    sessions: int
    sessions_a_cell: float
    wrong: int
    """Cells whose most frequent arm is not the best."""
    geo: float
    """Geometric mean over cells of the expected cost by what is published, over the best arm's."""
    worst: float
    """The largest of those ratios."""
    wasted: float
    """Share of all waiting so far that the best arms would have spared."""
    wasted_default: float
    """The same, had every session run the engine's default."""
    raced: float
    """Share of all waiting so far that races took: a part of what was wasted."""
    config_version: int


class CellState(BaseModel):
    """What one cell gets."""

    model_config = ConfigDict(frozen=True)

    device: str
    browser: str
    model: str
    runs: str
    """The arm that most installs get."""
    best: str
    times: float
    """Its cost over the best one's."""
    wrong: bool


@dataclass(slots=True)
class Waiting:
    """How long honest visitors waited, in milliseconds by the table."""

    waited: float = 0.0
    needed: float = 0.0
    by_default: float = 0.0
    raced: float = 0.0
    sessions: int = 0

    def add(self, cell: Cell, arm: ArmName, predictions: int, usual: int, race_ms: float = 0.0) -> None:
        """Counts one session; a session's cost a prediction is that of a session of ``usual`` length.

        Args:
            race_ms: what a race took beside the start of the model that runs.
        """
        self.sessions += 1
        self.raced += race_ms
        self.waited += predictions * cell.cost(arm, usual) + race_ms
        self.needed += predictions * cell.cost(cell.best(usual), usual)
        self.by_default += predictions * cell.cost(cell.default, usual)

    @property
    def wasted(self) -> float:
        """Share of the waiting that the best arms would spare; below 0 by an arm that fails too often."""
        return 1 - self.needed / self.waited if self.waited else 0.0

    @property
    def share_raced(self) -> float:
        """Share of the waiting that races took."""
        return self.raced / self.waited if self.waited else 0.0

    @property
    def wasted_default(self) -> float:
        """The same, by the engine's default."""
        return 1 - self.needed / self.by_default if self.by_default else 0.0


def state_of(cell: Cell, document: ConfigDocument, usual: int, tie: float) -> tuple[CellState, float]:
    """What a cell gets by a document, and its expected cost over the best arm's.

    Args:
        usual: predictions of a usual session.
        tie: arms within this share of the best one's cost are as good.
    """
    ends = shares(cell, document)
    best = cell.best(usual)
    least = cell.cost(best, usual)
    most = max(sorted(ends), key=lambda arm: ends[arm])
    times = cell.cost(most, usual) / least
    expected = sum(share * cell.cost(arm, usual) for arm, share in ends.items()) / least
    wrong = times > 1 + tie or (cell.is_sound(best) and not cell.is_sound(most))
    device, browser = cell.name
    return (
        CellState(
            device=device,
            browser=browser,
            model=cell.model,
            runs=str(most),
            best=str(best),
            times=round(times, 4),
            wrong=wrong,
        ),
        expected,
    )


def make_point(
    cells: Sequence[Cell],
    documents: Sequence[ConfigDocument],
    waiting: Waiting,
    *,
    sessions: int,
    usual: int,
    tie: float,
) -> tuple[Point, list[CellState]]:
    """A point of the curve, and the cells behind it; ``documents`` are what each cell's devices get now."""
    found = [state_of(cell, document, usual, tie) for cell, document in zip(cells, documents, strict=True)]
    ratios = [expected for _, expected in found]
    point = Point(
        sessions=sessions,
        sessions_a_cell=round(sessions / len(cells), 2),
        wrong=sum(state.wrong for state, _ in found),
        geo=round(math.exp(math.fsum(map(math.log, ratios)) / len(ratios)), 4),
        worst=round(max(ratios), 4),
        wasted=round(waiting.wasted, 4),
        wasted_default=round(waiting.wasted_default, 4),
        raced=round(waiting.share_raced, 4),
        config_version=max(document.version for document in documents),
    )
    return point, [state for state, _ in found]


def first(points: Sequence[T], fits: Callable[[T], bool]) -> T | None:
    """The first point from which on all fit; None when the last one does not."""
    since = None
    for point in reversed(points):
        if not fits(point):
            break
        since = point
    return since
