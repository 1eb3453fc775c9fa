"""Sessions that make their reports up, to lead a fleet astray. What they really wait counts for nobody."""

from dataclasses import replace
from enum import StrEnum

import numpy as np

from collector.contract.config_document import ConfigDocument
from collector.contract.vocabulary import ArmSource, IncidentKind, RaceOutcome
from collector.simulate.cast import Fleet
from collector.simulate.cells import ArmName, Cell
from collector.simulate.life import Life, predictions_of
from collector.simulate.race import LEAST_RUNS, Lane, Raced
from collector.simulate.racers import plan_for
from collector.simulate.visit import Choice, shares

CLAIMED_MS = 0.001
RACE_BUDGET_MS = 1500
MOST_RACED = 8
"""Arms in a race that is claimed: as many as a plan can ask for."""


class Lie(StrEnum):
    """What hostile sessions claim."""

    FAST = "fast"  # that the arm they drew takes a microsecond
    CROWD = "crowd"  # that they run the arm that fewest installs run, and that it takes a microsecond
    INCIDENTS = "incidents"  # that the arm most installs run lost its context
    RACES = "races"  # that the slowest arm won a race at a microsecond, and that they run it now


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
    race = _claimed_race(cell, document) if kind is Lie.RACES else None
    if race is not None and race.wins is not None:
        choice = replace(choice, arm=race.wins, source=ArmSource.RACE, probability=1.0, given_up=())
    count = predictions_of(fleet, random)
    made_up = Life(
        ready_ms=np.full(count, CLAIMED_MS),
        failed=np.zeros(count, dtype=np.bool_),
        load_ms=CLAIMED_MS,
        first_ms=CLAIMED_MS,
        race=race,
    )
    return choice, made_up


def _claimed_race(cell: Cell, document: ConfigDocument) -> Raced:
    """Of the cell's arms, whatever the plan has pages race: the slowest beats what all others really take."""
    slowest, *others = sorted(cell.arms, key=lambda arm: (-cell.arms[arm].ms, arm))[:MOST_RACED]
    lanes = [_measured(arm, cell.arms[arm].ms) for arm in others] + [_measured(slowest, CLAIMED_MS)]
    plan = plan_for(cell, document)
    return Raced(
        budget_ms=plan.race.budget_ms if plan is not None and plan.race is not None else RACE_BUDGET_MS,
        spent_ms=CLAIMED_MS,
        lanes=lanes,
        winner=len(lanes) - 1,
        kept=lanes[-1],
    )


def _measured(arm: ArmName, ms: float) -> Lane:
    return Lane(
        asked=arm,
        backend=arm.backend,
        began_ms=0.0,
        outcome=RaceOutcome.MEASURED,
        load_ms=CLAIMED_MS,
        first_ms=CLAIMED_MS,
        ready_ms=ms,
        runs=LEAST_RUNS,
    )


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
