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

RESTORED_POINTS = 11
"""Points put back into a run without change: enough for each stretch of a session that is one long run."""


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
    minutes: float = 0.0
    """How long its windows lasted; 0 where nobody knows."""

    @property
    def pace(self) -> float:
        """Predictions per minute; 0 where nobody knows."""
        return float(self.predictions[-1] - self.predictions[0]) / self.minutes if self.minutes > 0 else 0.0


def join_points(
    cohort: Cohort,
    session: str,
    last_at: datetime,
    points: Values,
    *,
    device: str = "",
    minutes: float = 0.0,
) -> SessionSeries:
    """Joins the points of a session's windows, in any order, into one series.

    Points, of shape (n, 7), are (predictions so far, which load, then ``SIGNALS`` or -1 where the backend
    tells none). They are ordered by the prediction count, which only ascends in a session; times are
    corrected per report, and jitter. A count that occurs twice (the end of a window, the start of the next)
    keeps its smaller value. The inner points of a run without change, which the SDK leaves out, are put back.
    """
    table = points
    predictions, starts = np.unique(np.sort(table[:, 0]), return_index=True)
    ordered = table[np.argsort(table[:, 0], kind="stable")]
    least = np.minimum.reduceat(ordered[:, 1:], starts, axis=0) if len(table) else ordered[:, 1:]
    predictions, least = _restore_runs(predictions, least)
    loads, *columns = least.T
    signals = {kind: values for kind, values in zip(SIGNALS, columns, strict=True) if (values >= 0).all()}
    several = loads if len(np.unique(loads)) > 1 else None
    return SessionSeries(cohort, session, last_at, predictions, signals, device, several, minutes)


def _restore_runs(predictions: Values, values: Values) -> tuple[Values, Values]:
    """Puts points between two neighbours that are equal in every signal; the first of ``values`` is the load.

    The SDK sends the two ends of such a run only. Without its inside a page that holds its memory would show
    two points a window, too few to vote, and only leaking pages would be counted.
    """
    level = (np.diff(values[:, 1:], axis=0) == 0).all(axis=1)
    left, gap = predictions[:-1][level], np.diff(predictions)[level]
    steps = np.arange(1, RESTORED_POINTS + 1)
    inside = (left[:, None] + gap[:, None] * steps // (RESTORED_POINTS + 1)).ravel()
    joined = np.concatenate([predictions, inside])
    order, first = np.unique(joined, return_index=True)
    restored = np.concatenate([values, np.repeat(values[:-1][level], RESTORED_POINTS, axis=0)])[first]
    return order, restored
