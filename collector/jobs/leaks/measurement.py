"""How one signal of one model grew in one session, and what that growth goes with."""

from collections.abc import Sequence
from dataclasses import dataclass

from collector.contract.finding import FindingKind
from collector.jobs.leaks.growth import Growth, measure_growths
from collector.jobs.leaks.loads import WARMUP_LOADS, Cause, against_loads, find_cause, load_signal
from collector.jobs.leaks.series import SIGNALS, SessionSeries
from collector.jobs.leaks.settings import GrowthThreshold, LeakSettings


@dataclass(frozen=True)
class Measurement:
    """Growth against predictions and against loads; None where the session is too short to say."""

    series: SessionSeries
    per_prediction: Growth | None
    per_load: Growth | None
    cause: Cause | None
    """None when it does not leak."""

    @property
    def leak(self) -> Growth | None:
        """The growth that is the leak's."""
        if self.cause is None:
            return None
        return self.per_prediction if self.cause is Cause.PREDICTIONS else self.per_load

    @property
    def length(self) -> tuple[int, int]:
        """How much it rests on; 0 for nothing."""
        return (
            self.per_prediction.span if self.per_prediction else 0,
            self.per_load.span if self.per_load else 0,
        )


def threshold_of(kind: FindingKind, signal: FindingKind, settings: LeakSettings) -> GrowthThreshold:
    """The effect size that counts for a kind of finding in a signal, named by the kind of its own."""
    if kind is FindingKind.LOAD_LEAK:
        return settings.load_tensors if signal is FindingKind.TENSOR_LEAK else settings.load_bytes
    return {
        FindingKind.TENSOR_LEAK: settings.tensors,
        FindingKind.BYTES_LEAK: settings.bytes,
        FindingKind.GPU_BYTES_LEAK: settings.gpu_bytes,
        FindingKind.GPU_ALLOCATED_LEAK: settings.gpu_allocated,
        FindingKind.HEAP_LEAK: settings.heap,
    }[kind]


def measure(series: Sequence[SessionSeries], settings: LeakSettings) -> list[dict[FindingKind, Measurement]]:
    """What each series shows, by signal; not those that its backend does not tell, or it is too short for.

    All at once, since that is fifty times as fast as one by one.
    """
    told = [(at, signal) for at, one in enumerate(series) for signal in SIGNALS if signal in one.signals]
    # One signal is enough to tell loads from predictions; what the others show follows from it.
    loaded = [
        (at, signal, loads)
        for at, signal in told
        if (loads := series[at].loads) is not None and signal is load_signal(series[at])
    ]
    per_prediction = measure_growths(
        [(series[at].predictions, series[at].signals[signal]) for at, signal in told],
        warmup=settings.warmup_predictions,
        min_span=settings.min_predictions,
    )
    load_growths = measure_growths(
        [
            against_loads(series[at].predictions, loads, series[at].signals[signal])
            for at, signal, loads in loaded
        ],
        warmup=WARMUP_LOADS,
        min_span=settings.min_loads,
    )
    per_load = {(at, signal): growth for (at, signal, _), growth in zip(loaded, load_growths, strict=True)}
    measured: list[dict[FindingKind, Measurement]] = [{} for _ in series]
    for (at, signal), growth in zip(told, per_prediction, strict=True):
        one = _interpret(series[at], signal, growth, per_load.get((at, signal)), settings)
        if one is not None:
            measured[at][signal] = one
    return measured


def _interpret(
    series: SessionSeries,
    signal: FindingKind,
    per_prediction: Growth | None,
    per_load: Growth | None,
    settings: LeakSettings,
) -> Measurement | None:
    if per_prediction is None and per_load is None:
        return None
    with_predictions = per_prediction is not None and per_prediction.is_leak(
        threshold_of(signal, signal, settings), series.pace
    )
    cause = Cause.PREDICTIONS if with_predictions else None
    if per_load is not None and per_load.is_leak(threshold_of(FindingKind.LOAD_LEAK, signal, settings)):
        cause = (
            find_cause(series.predictions, series.loads, series.signals[signal], per_load.slope)
            if with_predictions and series.loads is not None
            else Cause.LOADS
        )
    return Measurement(series, per_prediction, per_load, cause)
