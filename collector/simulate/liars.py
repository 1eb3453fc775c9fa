"""Sessions that make their reports up, to lead a fleet astray. What they really wait counts for nobody."""

from dataclasses import replace
from enum import StrEnum

import numpy as np

from collector.contract.config_document import ConfigDocument
from collector.contract.vocabulary import ArmSource, IncidentKind
from collector.simulate.cast import Fleet
from collector.simulate.cells import ArmName, Cell
from collector.simulate.life import Life, predictions_of
from collector.simulate.visit import Choice, shares

CLAIMED_MS = 0.001


class Lie(StrEnum):
    """What hostile sessions claim. A lie about races joins these when fleets race."""

    FAST = "fast"  # that the arm they drew takes a microsecond
    CROWD = "crowd"  # that they run the arm that fewest installs run, and that it takes a microsecond
    INCIDENTS = "incidents"  # that the arm most installs run lost its context


def lie(
    kind: Lie,
    cell: Cell,
    *,
    document: ConfigDocument,
    honest: tuple[Choice, Life],
    fleet: Fleet,
    random: np.random.Generator,
) -> tuple[Choice, Life]:
    """What a hostile session reports in place of what an honest one would have."""
    choice, life = honest
    if kind is Lie.INCIDENTS:
        incidents = (*life.incidents, IncidentKind.CONTEXT_LOST)
        return _claim(choice, _usual(cell, document), document), replace(life, incidents=incidents)
    if kind is Lie.CROWD:
        choice = _claim(choice, _rarest(cell, document), document)
    count = predictions_of(fleet, random)
    made_up = Life(
        ready_ms=np.full(count, CLAIMED_MS),
        failed=np.zeros(count, dtype=np.bool_),
        load_ms=CLAIMED_MS,
        first_ms=CLAIMED_MS,
    )
    return choice, made_up


def _claim(choice: Choice, arm: ArmName, document: ConfigDocument) -> Choice:
    if not document.models:
        return replace(choice, arm=arm, source=ArmSource.OVERRIDE, given_up=())
    return replace(choice, arm=arm, source=ArmSource.CONFIG, given_up=())


def _usual(cell: Cell, document: ConfigDocument) -> ArmName:
    drawn = shares(cell, document)
    return max(sorted(drawn), key=lambda arm: drawn[arm])


def _rarest(cell: Cell, document: ConfigDocument) -> ArmName:
    """Of all arms of the cell, also those that nobody runs; the slowest of several."""
    drawn = shares(cell, document)
    return min(sorted(cell.arms), key=lambda arm: (drawn.get(arm, 0.0), -cell.arms[arm].ms))
