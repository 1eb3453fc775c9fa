import tracemalloc

import numpy as np

from collector.contract.finding import Cohort, FindingKind
from collector.jobs.leaks.assessment import MOST_OTHER_MODELS
from collector.jobs.leaks.decision import Observations, decide
from collector.jobs.leaks.series import SessionSeries, Values
from collector.jobs.leaks.settings import LeakSettings
from collector.jobs.leaks.vote import MOST_SERIES, collect_votes
from tests.unit.leaks.sessions import COHORT, NOW

POSE = COHORT.model_copy(update={"model": "pose"})


def session_of(name: str, counts: dict[Cohort, Values], tensors: Values) -> list[SessionSeries]:
    """A session of several models: each one's predictions so far, and the engine's tensors, by frame."""
    series = []
    for cohort, count in counts.items():
        first = np.unique(count, return_index=True)[1]
        signals = {FindingKind.TENSOR_LEAK: tensors[first]}
        series.append(SessionSeries(cohort, name, NOW, count[first], signals))
    return series


def judge(series: list[SessionSeries]) -> list[tuple[str, dict[str, int], dict[str, int]]]:
    observations = Observations(batches=[series], release_order={}, findings=[])
    return [
        (finding.cohort.model, finding.evidence["attribution"], finding.evidence["other_models"])
        for finding in decide(observations, LeakSettings(), now=NOW).findings
    ]


def test_growth_that_follows_one_models_predictions_is_that_models() -> None:
    """The pose model runs only while somebody is in the picture."""
    series = []
    for n in range(6):
        random = np.random.default_rng(n)
        present = np.repeat(random.uniform(size=30) < 0.5, 20)
        pose, face = np.cumsum(present, dtype=np.int64), np.arange(600)
        series += session_of(f"pose-leaks-{n}", {COHORT: face, POSE: pose}, 300 + 2 * pose)
    ((model, attribution, _),) = judge(series)
    assert model == "pose"
    assert "shared" not in attribution


def test_whole_tensors_decide_between_models_of_steady_pace() -> None:
    """The face model runs seven times as often; the pose model alone leaks."""
    face = np.arange(1000)
    pose = face // 7
    series = []
    for n in range(6):
        series += session_of(f"s{n}", {COHORT: face, POSE: pose}, 300 + 2 * pose)
    assert [model for model, *_ in judge(series)] == ["pose"]


def test_models_in_step_raise_one_finding_that_names_the_other() -> None:
    frames = np.arange(200)
    series = []
    for n in range(6):
        series += session_of(f"s{n}", {COHORT: frames, POSE: frames}, 300 + frames)
    assert judge(series) == [("blazeface", {"shared": 6}, {"pose": 6})]


def test_a_clean_model_beside_a_leaking_one_is_not_blamed() -> None:
    """The face model runs first and leaks; the pose model runs afterwards and does not."""
    frames = np.arange(600)
    face, pose = np.minimum(frames, 300), np.maximum(frames - 300, 0)
    series = []
    for n in range(6):
        series += session_of(f"s{n}", {COHORT: face, POSE: pose}, 300 + 3 * face)
    assert judge(series) == [("blazeface", {"alone": 6}, {"pose": 6})]


def test_a_session_of_thousands_of_models_neither_fills_memory_nor_hides_a_leak() -> None:
    """Memory went by the square of its models: four thousand took 500 MB and half a minute."""
    frames = np.arange(200)
    series = []
    for n in range(6):
        series += session_of(f"s{n}", {COHORT: frames}, 300 + frames)
    short = np.arange(60)
    crowd = {COHORT.model_copy(update={"model": f"m{n}"}): short for n in range(4000)}
    series += session_of("hostile", crowd, 300 + short)
    tracemalloc.start()
    votes = collect_votes(series, LeakSettings())
    found = judge(series)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20
    assert len(votes) <= 6 + MOST_SERIES
    assert [(model, attribution) for model, attribution, _ in found] == [("blazeface", {"alone": 6})]


def test_the_busiest_models_of_a_crowded_session_are_looked_at() -> None:
    frames, short = np.arange(400), np.arange(60)
    series = []
    for n in range(6):
        crowd = {COHORT.model_copy(update={"model": f"z{n}-{each}"}): short for each in range(100)}
        series += session_of(f"s{n}", {**crowd, COHORT: frames}, 300 + frames)
    ((model, _, others),) = judge(series)
    assert model == "blazeface"
    assert len(others) == MOST_OTHER_MODELS
