"""What happens in a visit once its arm is chosen: how long each prediction takes, which of them fail."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.contract.vocabulary import IncidentKind
from collector.simulate.cast import Fleet
from collector.simulate.cells import LOAD_MS, ArmName, Cell
from collector.simulate.noise import of_predictions
from collector.simulate.race import Raced

MOST_PREDICTIONS = 1000
LONGEST_MS = 30 * 60_000
"""A visitor leaves then, however many predictions are missing."""
MOST_REPORTED_MS = 3.6e6
"""The contract's bound for the parts of a load."""


@dataclass(frozen=True, eq=False)
class Life:
    """What a page measured."""

    ready_ms: NDArray[np.float64]
    """Each prediction until its result is ready, shape (predictions,)."""
    failed: NDArray[np.bool_]
    """Those that threw, shape (predictions,)."""
    load_ms: float
    first_ms: float
    incidents: tuple[IncidentKind, ...] = ()
    race: Raced | None = None
    """What came before, on the first visit of an install that was drawn for it."""


def live(
    cell: Cell,
    arm: ArmName,
    slowness: float,
    fleet: Fleet,
    random: np.random.Generator,
    *,
    race: Raced | None = None,
) -> Life:
    """One session of an arm.

    Args:
        slowness: the device's during this session.
        race: the race that chose the arm. The model that it kept is not started again.
    """
    behaviour = cell.arms[arm]
    count = predictions_of(fleet, random)
    noise = of_predictions(count, random)
    failed = random.random(count) < behaviour.error_rate
    ready_ms = behaviour.ms * slowness * noise
    stays = max(1, int(np.searchsorted(np.cumsum(ready_ms), LONGEST_MS)))
    ready_ms, failed = ready_ms[:stays], failed[:stays]
    kept = race.kept if race is not None else None
    load_ms = kept.load_ms if kept is not None else None
    first_ms = kept.first_ms if kept is not None else None
    return Life(
        ready_ms=ready_ms,
        failed=failed,
        load_ms=min(LOAD_MS * slowness if load_ms is None else load_ms, MOST_REPORTED_MS),
        first_ms=min(behaviour.warmup_ms * slowness if first_ms is None else first_ms, MOST_REPORTED_MS),
        incidents=(IncidentKind.ERROR,) if failed.any() else (),
        race=race,
    )


def predictions_of(fleet: Fleet, random: np.random.Generator) -> int:
    """How many predictions a session makes."""
    drawn = fleet.predictions * np.exp(fleet.predictions_sd * random.standard_normal())
    return int(np.clip(round(float(drawn)), 1, MOST_PREDICTIONS))
