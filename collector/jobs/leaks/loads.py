"""Growth with the models of one name that a session loads, rather than with their predictions.

A page may load a model anew for each task. What it does not dispose of then adds up over the loads: weights
that nobody uses any more. Held against predictions alone, that looks like a leak of each prediction.
"""

from enum import StrEnum

import numpy as np

from collector.contract.finding import FindingKind
from collector.jobs.leaks.growth import MIN_STRETCHES
from collector.jobs.leaks.series import SessionSeries, Values

WARMUP_LOADS = 1
"""The first model of a session may bring what stays for all of them."""
FEW_LOOKS = 3
"""With more looks into a model's life the first is left out: the first prediction may allocate what stays."""
MOST = 0.5


class Cause(StrEnum):
    """What the growth of one model's memory in one session goes with."""

    PREDICTIONS = "predictions"
    LOADS = "loads"
    EITHER = "either"  # nearly every load made one prediction: the growth goes with both alike


def load_signal(series: SessionSeries) -> FindingKind | None:
    """What is held against loads: tensors, or bytes where the library counts none.

    None when one model made all predictions.
    """
    if series.loads is None:
        return None
    tensors = series.signals.get(FindingKind.TENSOR_LEAK)
    return FindingKind.BYTES_LEAK if tensors is None or not tensors.any() else FindingKind.TENSOR_LEAK


def against_loads(predictions: Values, loads: Values, values: Values) -> tuple[Values, Values]:
    """The least of ``values`` while 0, 1, 2, ... models are out of use: those numbers, and the minima.

    All three have shape (n,), predictions ascending. What counts are models that are out of use: a page that
    keeps several models of one name and uses them all, such as one for each worker, holds them on purpose.
    """
    last_uses = np.sort([used[-1] for used, _ in _lives(predictions, loads, values)])
    retired = np.searchsorted(last_uses, predictions)
    counts, starts = np.unique(retired, return_index=True)
    return counts, np.minimum.reduceat(values, starts)


def find_cause(predictions: Values, loads: Values, values: Values, per_load: float) -> Cause:
    """What a growth goes with that is steady with predictions and with loads (``per_load``) alike.

    That shows inside the models' lives, where there are predictions and no loads: when what grows there makes
    up the most of what each load leaves, it goes with predictions.
    """
    slopes = [_slope(*life) for life in _lives(predictions, loads, values) if len(life[0]) > 1]
    if len(slopes) < MIN_STRETCHES:
        return Cause.EITHER
    predictions_per_load = np.ptp(predictions) / (len(np.unique(loads)) - 1)
    by_predictions = float(np.median(slopes)) * predictions_per_load
    return Cause.PREDICTIONS if by_predictions >= MOST * per_load else Cause.LOADS


def _lives(predictions: Values, loads: Values, values: Values) -> list[tuple[Values, Values]]:
    """Predictions and values of each load by itself, in the order of the loads."""
    order = np.argsort(loads, kind="stable")
    bounds = np.flatnonzero(np.diff(loads[order])) + 1
    return list(zip(np.split(predictions[order], bounds), np.split(values[order], bounds), strict=True))


def _slope(predictions: Values, values: Values) -> float:
    """Growth per prediction, from the minimum of the first half of a life to that of the second."""
    if len(predictions) > FEW_LOOKS:
        predictions, values = predictions[1:], values[1:]
    early = int(np.searchsorted(predictions, (predictions[0] + predictions[-1]) / 2, side="right"))
    low, high = int(np.argmin(values[:early])), early + int(np.argmin(values[early:]))
    return float((values[high] - values[low]) / (predictions[high] - predictions[low]))
