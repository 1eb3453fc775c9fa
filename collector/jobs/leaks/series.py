"""One session's memory against its predictions, as arrays."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from collector.contract.finding import Cohort, FindingKind

Values = NDArray[np.int64]

SIGNALS = (
    FindingKind.TENSOR_LEAK,
    FindingKind.BYTES_LEAK,
    FindingKind.GPU_BYTES_LEAK,
    FindingKind.GPU_ALLOCATED_LEAK,
    FindingKind.HEAP_LEAK,
)
"""What a point says after its predictions and its load, in the order of ``leaks_series.sql``."""


@dataclass(frozen=True, eq=False)
class Joined:
    """A session's points in order, without repeats; fields as of ``SessionSeries``."""

    predictions: Values
    signals: dict[FindingKind, Values]
    loads: Values | None


@dataclass(frozen=True, eq=False)
class SessionSeries:
    """What one session reported about the memory of one model on one backend.

    The arrays have one entry for each prediction count at which a point was taken, ascending and without
    repeats; ``signals`` lacks the kinds that the backend does not report. Predictions are counted over all
    models of one name that the session loaded.
    """

    cohort: Cohort
    session: str
    last_at: datetime
    predictions: Values
    signals: dict[FindingKind, Values]
    device: str = ""
    """Form, operating system and browser: what memory is compared within."""
    loads: Values | None = None
    """Which model of the name made each point, from 1; None when one made all."""
    pace: float = 0.0
    """Predictions per minute; 0 where nobody knows."""
