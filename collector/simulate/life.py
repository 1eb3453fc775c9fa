"""What happens in a visit once its arm is chosen: how long each prediction takes, which of them fail."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.contract.vocabulary import IncidentKind
from collector.simulate.cast import Fleet, Session
from collector.simulate.cells import LOAD_MS, ArmName, Cell

MOST_PREDICTIONS = 1000
LONGEST_MS = 30 * 60_000
"""A visitor leaves then, however many predictions are missing."""
MOST_REPORTED_MS = 3.6e6
"""The contract's bound for the parts of a load."""
PREDICTION_SD = 0.1
"""Log-sd of one session's predictions among themselves."""
_OFF_SHARE, _OFF_TIMES = 0.05, 3.0
"""Heavy tails: so many sessions are so much farther off, as on a machine that is busy otherwise."""
_SLOW_SHARE, _SLOW_TIMES = 0.02, 4.0
"""And so many predictions of any session are so much slower, as when memory is collected."""


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


def live(cell: Cell, arm: ArmName, session: Session, fleet: Fleet, random: np.random.Generator) -> Life:
    """One session of an arm."""
    behaviour = cell.arms[arm]
    far = _OFF_TIMES if random.random() < _OFF_SHARE else 1.0
    slowness = session.slowness * float(np.exp(fleet.session_sd * far * random.standard_normal()))
    count = predictions_of(fleet, random)
    noise = np.exp(PREDICTION_SD * random.standard_normal(count))
    noise[random.random(count) < _SLOW_SHARE] *= _SLOW_TIMES
    failed = random.random(count) < behaviour.error_rate
    ready_ms = behaviour.ms * slowness * noise
    stays = max(1, int(np.searchsorted(np.cumsum(ready_ms), LONGEST_MS)))
    ready_ms, failed = ready_ms[:stays], failed[:stays]
    return Life(
        ready_ms=ready_ms,
        failed=failed,
        load_ms=min(LOAD_MS * slowness, MOST_REPORTED_MS),
        first_ms=min(behaviour.warmup_ms * slowness, MOST_REPORTED_MS),
        incidents=(IncidentKind.ERROR,) if failed.any() else (),
    )


def predictions_of(fleet: Fleet, random: np.random.Generator) -> int:
    """How many predictions a session makes."""
    drawn = fleet.predictions * np.exp(fleet.predictions_sd * random.standard_normal())
    return int(np.clip(round(float(drawn)), 1, MOST_PREDICTIONS))
