"""What makes two sessions of one install, two predictions of one session and two arms of one race differ."""

import numpy as np
from numpy.typing import NDArray

from collector.simulate.cast import Fleet, Session

PREDICTION_SD = 0.1
"""Log-sd of one session's predictions among themselves."""
PAIR_SD = 0.08
"""Log-sd of an arm in a race: what its device does beside it, and not beside the other arms."""
_OFF_SHARE, _OFF_TIMES = 0.05, 3.0
"""Heavy tails: so many sessions are so much farther off, as on a machine that is busy otherwise."""
_SLOW_SHARE, _SLOW_TIMES = 0.02, 4.0
"""And so many predictions of any session are so much slower, as when memory is collected."""


def slowness_of(session: Session, fleet: Fleet, random: np.random.Generator) -> float:
    """By how much a device is slower than the table's during one session, whatever it runs."""
    far = _OFF_TIMES if random.random() < _OFF_SHARE else 1.0
    return session.slowness * float(np.exp(fleet.session_sd * far * random.standard_normal()))


def of_predictions(count: int, random: np.random.Generator) -> NDArray[np.float64]:
    """By how much each of a session's predictions is slower than its usual one, shape (count,)."""
    noise = np.exp(PREDICTION_SD * random.standard_normal(count))
    noise[random.random(count) < _SLOW_SHARE] *= _SLOW_TIMES
    return noise


def of_pair(random: np.random.Generator) -> float:
    """By how much one arm of a race is slower than it is in a session on this device."""
    return float(np.exp(PAIR_SD * random.standard_normal()))
