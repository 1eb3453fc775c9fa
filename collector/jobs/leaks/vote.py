"""Each session's vote on each signal: leaking, clean, or none."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from collector.contract.finding import Cohort, FindingKind
from collector.jobs.leaks.attribution import Attribution, attribute_growth
from collector.jobs.leaks.growth import Growth, measure_growth
from collector.jobs.leaks.series import SessionSeries
from collector.jobs.leaks.settings import GrowthThreshold, LeakSettings


@dataclass(frozen=True)
class Vote:
    """What one session says about one signal of one cohort."""

    cohort: Cohort
    kind: FindingKind
    session: str
    device: str
    last_at: datetime
    leaking: bool
    growth: Growth
    attribution: Attribution | None
    """None for a clean session."""
    other_models: tuple[str, ...]
    """Models of the same session, whose tensors are counted with this one's."""


def threshold_of(kind: FindingKind, settings: LeakSettings) -> GrowthThreshold:
    """The effect size that counts for a signal."""
    return {
        FindingKind.TENSOR_LEAK: settings.tensors,
        FindingKind.BYTES_LEAK: settings.bytes,
        FindingKind.GPU_BYTES_LEAK: settings.gpu_bytes,
        FindingKind.GPU_ALLOCATED_LEAK: settings.gpu_allocated,
        FindingKind.HEAP_LEAK: settings.heap,
    }[kind]


def collect_votes(series: Iterable[SessionSeries], settings: LeakSettings) -> list[Vote]:
    """One vote at most per session, cohort and signal; a session that is too short abstains."""
    sessions: dict[tuple[str, str, str], list[SessionSeries]] = defaultdict(list)
    for one in series:
        sessions[one.cohort.app, one.cohort.release, one.session].append(one)
    votes: list[Vote] = []
    for key in sorted(sessions):
        for kind in FindingKind:
            votes += _vote(kind, sessions[key], settings)
    return votes


def _vote(kind: FindingKind, session: list[SessionSeries], settings: LeakSettings) -> list[Vote]:
    measured: dict[tuple[str, str], tuple[SessionSeries, Growth]] = {}
    for series in session:
        growth = _measure(kind, series, settings)
        key = (series.cohort.model, series.cohort.backend.value)
        # A model that changed its variant has two series; the longer one votes.
        if growth is not None and (key not in measured or growth.predictions > measured[key][1].predictions):
            measured[key] = (series, growth)
    threshold = threshold_of(kind, settings)
    leaking = {"/".join(key): growth for key, (_, growth) in measured.items() if growth.is_leak(threshold)}
    culprit, attribution = attribute_growth(leaking) if leaking else (None, None)
    models = sorted({series.cohort.model for series in session})
    votes = []
    for key, (series, growth) in sorted(measured.items(), key=lambda item: item[0]):
        name = "/".join(key)
        if name in leaking and name != culprit:
            continue
        votes.append(
            Vote(
                cohort=series.cohort,
                kind=kind,
                session=series.session,
                device=series.device,
                last_at=series.last_at,
                leaking=name == culprit,
                growth=growth,
                attribution=attribution if name == culprit else None,
                other_models=tuple(model for model in models if model != series.cohort.model),
            )
        )
    return votes


def _measure(kind: FindingKind, series: SessionSeries, settings: LeakSettings) -> Growth | None:
    if kind not in series.signals:
        return None
    return measure_growth(
        series.predictions,
        series.signals[kind],
        warmup_predictions=settings.warmup_predictions,
        min_predictions=settings.min_predictions,
    )
