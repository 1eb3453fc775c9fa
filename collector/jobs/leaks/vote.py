"""Each session's vote on each kind of finding: leaking, clean, or none."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.contract.finding import Cohort, FindingKind
from collector.jobs.leaks.attribution import Attribution, attribute_growth
from collector.jobs.leaks.growth import Growth
from collector.jobs.leaks.loads import Cause
from collector.jobs.leaks.measurement import Measurement, measure
from collector.jobs.leaks.series import SIGNALS, SessionSeries
from collector.jobs.leaks.settings import LeakSettings

MOST_SERIES = 64
"""Of one session, those that made the most predictions. Each vote knows its company, so that a session of
thousands of models, which anybody with a write key can send, would take memory by the square of them.
"""


@dataclass(frozen=True)
class Vote:
    """What one session says about one kind of finding in one cohort."""

    cohort: Cohort
    kind: FindingKind
    signal: FindingKind
    """What grew, named by the kind of its own: tensors or bytes for growth per load, else ``kind``."""
    session: str
    device: str
    last_at: datetime
    leaking: bool
    growth: Growth
    attribution: Attribution | None
    """None for a clean session."""
    other_models: tuple[str, ...]
    """Models of the same session, whose tensors are counted with this one's."""
    tied: bool
    """The session has a vote like this for predictions and one for loads: one of the two may count."""
    pace: float = 0.0
    """Predictions per minute; 0 where nobody knows."""
    rivals: tuple[str, ...] = ()
    """All that fit the session's growth as well, this one among them, by ``Vote.source``."""
    yields: bool = False
    """Another model is blamed for this one's growth: it counts for nothing, and shows who is to blame."""

    @property
    def source(self) -> str:
        """The model and where it ran."""
        return source_of(self.cohort)


def collect_votes(series: Iterable[SessionSeries], settings: LeakSettings) -> list[Vote]:
    """The votes of whole sessions; one that is too short abstains, and so does what another vote explains.

    A session has at most one vote for each cohort and kind. Votes that yield are among them. Models of a
    session beyond the ``MOST_SERIES`` that predicted most abstain.
    """
    series = _busiest(series)
    sessions: dict[tuple[str, str, str], list[dict[FindingKind, Measurement]]] = defaultdict(list)
    models: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for one, measured in zip(series, measure(series, settings), strict=True):
        key = (one.cohort.app, one.cohort.release, one.session)
        sessions[key].append(measured)
        models[key].add(one.cohort.model)
    votes: list[Vote] = []
    for key in sorted(sessions):
        for signal in SIGNALS:
            if here := [measured[signal] for measured in sessions[key] if signal in measured]:
                votes += _vote(signal, here, sorted(models[key]))
    return votes


def _busiest(series: Iterable[SessionSeries]) -> list[SessionSeries]:
    """The series that are looked at, in the order given."""
    given = list(series)
    sessions: dict[tuple[str, str], list[SessionSeries]] = defaultdict(list)
    for one in given:
        sessions[one.cohort.app, one.session].append(one)
    left_out = {
        id(one)
        for of in sessions.values()
        if len(of) > MOST_SERIES
        for one in sorted(of, key=_busy)[MOST_SERIES:]
    }
    return [one for one in given if id(one) not in left_out] if left_out else given


def _busy(series: SessionSeries) -> tuple[int, tuple[str, ...]]:
    counts = series.predictions
    made = int(counts[-1] - counts[0]) if len(counts) else 0
    return -made, tuple(map(str, series.cohort.model_dump().values()))


def source_of(cohort: Cohort) -> str:
    """What memory may grow by: a model, and where it ran."""
    return f"{cohort.model}/{cohort.backend.value}"


def settle_ties(votes: Sequence[Vote]) -> list[Vote]:
    """Keeps one of two votes that are tied: the one that more of the cohort's other sessions agree with.

    A page that loads a model for each single prediction cannot tell what its growth goes with; sessions of
    the same release that load less often can. Among equals it goes with loads.
    """
    sure = Counter((vote.cohort, vote.kind) for vote in votes if vote.leaking and not vote.tied)

    def counts(vote: Vote) -> bool:
        with_loads = sure[vote.cohort, FindingKind.LOAD_LEAK] >= sure[vote.cohort, vote.signal]
        return not vote.tied or with_loads == (vote.kind is FindingKind.LOAD_LEAK)

    return [vote for vote in votes if counts(vote)]


def _vote(signal: FindingKind, session: Iterable[Measurement], models: Sequence[str]) -> Iterator[Vote]:
    measured: dict[str, Measurement] = {}
    for measurement in session:
        key = source_of(measurement.series.cohort)
        # A model that changed its variant has two series; the longer one votes.
        if key not in measured or measurement.length > measured[key].length:
            measured[key] = measurement
    leaking = {key: one.leak for key, one in measured.items() if one.leak is not None}
    culprit, attribution, rivals = attribute_growth(leaking) if leaking else (None, None, ())
    for key, one in sorted(measured.items(), key=lambda item: item[0]):
        for kind, growth in _kinds(signal, one):
            yield Vote(
                cohort=one.series.cohort,
                kind=kind,
                signal=signal,
                session=one.series.session,
                device=one.series.device,
                last_at=one.series.last_at,
                leaking=key == culprit,
                growth=growth,
                attribution=attribution if key == culprit else None,
                other_models=tuple(model for model in models if model != one.series.cohort.model),
                tied=one.cause is Cause.EITHER,
                pace=one.series.pace,
                rivals=tuple(rivals) if key in rivals else (),
                yields=key in leaking and key != culprit,
            )


def _kinds(signal: FindingKind, measurement: Measurement) -> Iterator[tuple[FindingKind, Growth]]:
    """The kinds of findings that a measurement votes on; what goes with loads is no leak of predictions."""
    if measurement.per_prediction is not None and measurement.cause is not Cause.LOADS:
        yield signal, measurement.per_prediction
    if measurement.per_load is not None and measurement.cause is not Cause.PREDICTIONS:
        yield FindingKind.LOAD_LEAK, measurement.per_load
