"""Pages that load a model anew for each task: what grows with loads, and what with predictions."""

from collections.abc import Sequence

import numpy as np
import pytest

from collector.contract.finding import Finding, FindingKind, FindingState, Severity
from collector.jobs.leaks.decision import Observations, decide
from collector.jobs.leaks.growth import Growth, measure_growth
from collector.jobs.leaks.loads import WARMUP_LOADS, Cause, against_loads, find_cause
from collector.jobs.leaks.series import SessionSeries, Values
from collector.jobs.leaks.settings import LeakSettings
from tests.unit.leaks.sessions import COHORT, NOW

TASKS = 40
WEIGHTS = 4
BYTES = 108
"""Of a tensor: 432 for the four of a task."""
ALL = LeakSettings()


def judge(
    sessions: Sequence[SessionSeries], settings: LeakSettings = ALL, before: Sequence[Finding] = ()
) -> list[Finding]:
    observed = Observations(batches=[sessions], release_order={COHORT.app: [COHORT.release]}, findings=before)
    return list(decide(observed, settings, now=NOW).findings)


def page(
    name: str,
    per_task: Sequence[int],
    *,
    kept_per_load: float = 0,
    kept_per_prediction: float = 0,
    model: str = COHORT.model,
    **shape: Values,
) -> SessionSeries:
    """A session of one load for each task, looked at before each prediction; ``per_task`` predictions each.

    ``shape`` may add tensors (one entry for each prediction), or say which load made each (``loads``).
    """
    loads = np.repeat(np.arange(1, len(per_task) + 1), per_task)
    at = np.arange(len(loads), dtype=np.int64)
    tensors = WEIGHTS + np.floor(kept_per_load * (loads - 1) + kept_per_prediction * at)
    tensors = (tensors + shape.get("tensors", np.zeros(len(at), dtype=np.int64))).astype(np.int64)
    return SessionSeries(
        COHORT.model_copy(update={"model": model}),
        name,
        NOW,
        at,
        {FindingKind.TENSOR_LEAK: tensors, FindingKind.BYTES_LEAK: tensors * BYTES},
        loads=shape.get("loads", loads),
    )


def six(per_task: Sequence[int], **kept: float) -> list[SessionSeries]:
    return [page(f"s{n}", per_task, **kept) for n in range(6)]


def load_growth(one: SessionSeries) -> Growth | None:
    assert one.loads is not None
    tensors = one.signals[FindingKind.TENSOR_LEAK]
    counts, values = against_loads(one.predictions, one.loads, tensors)
    return measure_growth(counts, values, warmup=WARMUP_LOADS, min_span=ALL.min_loads)


@pytest.mark.parametrize("predictions", [1, 2, 3, 7, 60])
def test_a_model_that_is_loaded_for_each_task_and_kept_is_one_finding(predictions: int) -> None:
    """Six sessions of 40 tasks, each with a model of its own that stays: 4 tensors more a task."""
    (finding,) = judge(six([predictions] * TASKS, kept_per_load=WEIGHTS))
    assert (finding.kind, finding.severity) == (FindingKind.LOAD_LEAK, Severity.CRITICAL)
    assert (finding.evidence["leaking"], finding.evidence["sessions"]) == (6, 6)
    assert finding.evidence["slope"]["median"] == WEIGHTS
    assert finding.evidence["predictions_median"] is None
    assert 0.8 * TASKS <= finding.evidence["loads_median"] <= TASKS
    assert finding.summary == (
        "blazeface on webgl in release 1.4.0 keeps 4 tensors per load (6 of 6 sessions leak)."
    )


@pytest.mark.parametrize("predictions", [2, 3, 7, 60])
def test_a_leak_of_each_prediction_stays_one_when_the_model_is_loaded_anew(predictions: int) -> None:
    """Its models are disposed of; its results are not."""
    (finding,) = judge(six([predictions] * TASKS, kept_per_prediction=1))
    assert finding.kind is FindingKind.TENSOR_LEAK
    assert finding.evidence["slope"]["median"] == pytest.approx(1)


def test_a_page_that_forgets_both_is_told_what_explains_the_most() -> None:
    of_each = {"kept_per_load": WEIGHTS, "kept_per_prediction": 1}
    (finding,) = judge(six([2] * TASKS, **of_each))
    assert finding.kind is FindingKind.LOAD_LEAK
    (finding,) = judge(six([20] * TASKS, **of_each))
    assert finding.kind is FindingKind.TENSOR_LEAK


def test_tasks_of_any_length_do_not_hide_what_each_load_leaves() -> None:
    random = np.random.default_rng(3)
    sessions = [page(f"s{n}", random.integers(1, 90, TASKS), kept_per_load=WEIGHTS) for n in range(6)]
    (finding,) = judge(sessions)
    assert (finding.kind, finding.evidence["slope"]["median"]) == (FindingKind.LOAD_LEAK, WEIGHTS)


@pytest.mark.parametrize("predictions", [1, 5, 30])
def test_a_page_that_loads_and_disposes_of_model_after_model_is_clean(predictions: int) -> None:
    """Within each task its tensors come and go."""
    for batch in (1, 4):
        held = np.arange(predictions * TASKS) % min(batch, predictions) * 3
        assert judge([page(f"s{n}", [predictions] * TASKS, tensors=held) for n in range(6)]) == []


def test_batches_of_results_within_each_task_do_not_hide_what_each_load_leaves() -> None:
    held = np.arange(30 * TASKS) % 10 * 3
    sessions = [page(f"s{n}", [30] * TASKS, kept_per_load=WEIGHTS, tensors=held) for n in range(6)]
    assert [finding.kind for finding in judge(sessions)] == [FindingKind.LOAD_LEAK]


def test_what_the_first_prediction_of_each_model_allocates_is_not_of_each_prediction() -> None:
    """The page keeps 4 tensors of weights and 3 of constants for each task of 5 predictions."""
    warm = np.tile([0, 3, 3, 3, 3], TASKS)
    sessions = [page(f"s{n}", [5] * TASKS, kept_per_load=7, tensors=warm) for n in range(6)]
    (finding,) = judge(sessions)
    assert (finding.kind, finding.evidence["slope"]["median"]) == (FindingKind.LOAD_LEAK, 7)


def test_five_models_that_are_loaded_once_each_are_clean() -> None:
    """Each brings weights that stay, and none is loaded a second time."""
    at = np.arange(200, dtype=np.int64)
    tensors = WEIGHTS * (1 + at // 40)
    sessions = [
        SessionSeries(
            COHORT.model_copy(update={"model": f"model-{k}"}),
            f"s{n}",
            NOW,
            np.arange(40, dtype=np.int64),
            {FindingKind.TENSOR_LEAK: tensors[40 * k : 40 * k + 40]},
        )
        for n in range(6)
        for k in range(5)
    ]
    assert judge(sessions) == []


def test_a_pool_of_models_that_are_all_in_use_is_held_on_purpose() -> None:
    """Twelve of one name for twelve workers, each made when it is first needed, then used in turn."""
    loads = np.concatenate([np.repeat(np.arange(1, 13), 10), np.tile(np.arange(1, 13), 20)])
    made = np.minimum(np.arange(len(loads)) // 10, 11)
    sessions = [page(f"s{n}", [1] * len(loads), tensors=made * WEIGHTS, loads=loads) for n in range(6)]
    assert judge(sessions) == []


@pytest.mark.parametrize("models", [1, 10, 24])
def test_a_page_that_keeps_its_newest_models_fills_up_and_stops(models: int) -> None:
    kept = np.minimum(np.arange(TASKS), models) * WEIGHTS
    assert judge([page(f"s{n}", [3] * TASKS, tensors=np.repeat(kept, 3)) for n in range(6)]) == []


@pytest.mark.parametrize("loaded_at", [(12,), (20,), (10, 30), (8, 16, 30)])
def test_other_models_that_are_loaded_in_between_are_steps(loaded_at: tuple[int, ...]) -> None:
    held = sum(60 * (np.repeat(np.arange(TASKS), 4) >= when) for when in loaded_at)
    assert judge([page(f"s{n}", [4] * TASKS, tensors=np.asarray(held)) for n in range(6)]) == []


def test_few_loads_say_nothing() -> None:
    """A page that lost its context twice, or switched backends, loaded its model anew and no more."""
    for tasks in (2, 3, 9):
        kinds = {finding.kind for finding in judge(six([100] * tasks, kept_per_load=40))}
        assert FindingKind.LOAD_LEAK not in kinds
    assert [finding.kind for finding in judge(six([1] * 10, kept_per_load=40))] == [FindingKind.LOAD_LEAK]
    assert judge(six([1] * 10, kept_per_load=40), LeakSettings(min_loads=9)) == []


def test_loads_without_predictions_say_nothing() -> None:
    """Thirty models of the name were loaded before the one that was used, and their tensors were freed."""
    loads = np.repeat([1, 31, 62], 20)
    sessions = [page(f"s{n}", [1] * 60, loads=loads, tensors=np.zeros(60, dtype=np.int64)) for n in range(6)]
    assert judge(sessions) == []


def test_sessions_of_an_sdk_that_does_not_tell_loads_are_judged_by_predictions() -> None:
    for kept, kind in ((WEIGHTS, [FindingKind.TENSOR_LEAK]), (0, [])):
        sessions = [
            SessionSeries(one.cohort, one.session, NOW, one.predictions, one.signals)
            for one in six([1] * TASKS, kept_per_load=kept)
        ]
        assert [finding.kind for finding in judge(sessions)] == kind


@pytest.mark.parametrize(
    ("others", "kind"),
    [
        ({"per_task": [60], "kept_per_prediction": 4}, FindingKind.TENSOR_LEAK),
        ({"per_task": [5] * TASKS, "kept_per_load": 4}, FindingKind.LOAD_LEAK),
    ],
)
def test_sessions_that_cannot_tell_go_with_those_that_can(
    others: dict[str, Sequence[int]], kind: FindingKind
) -> None:
    """A load for each single prediction grows with both alike."""
    cannot_tell = six([1] * TASKS, kept_per_load=4)
    can = [page(f"other-{n}", **others) for n in range(5)]  # type: ignore[arg-type]
    (finding,) = judge([*cannot_tell, *can])
    assert finding.kind is kind
    assert (finding.evidence["leaking"], finding.evidence["sessions"]) == (11, 11)


def test_another_model_of_the_page_is_not_blamed() -> None:
    """The face model runs once in each of the tasks, whose models stay."""
    sessions = []
    for n in range(6):
        task = page(f"s{n}", [10] * TASKS, kept_per_load=WEIGHTS, model="zoom")
        face = task.predictions[::10]
        signals = {kind: values[::10] for kind, values in task.signals.items()}
        sessions += [task, SessionSeries(COHORT, f"s{n}", NOW, np.arange(len(face)), signals)]
    (finding,) = judge(sessions)
    assert set(finding.evidence["attribution"]) == {"shared"}
    one_model = [one for one in sessions if one.loads is not None]
    assert [finding.cohort.model for finding in judge(one_model)] == ["zoom"]


def test_bytes_are_held_against_loads_where_tensors_are_not_counted() -> None:
    sessions = six([3] * TASKS, kept_per_load=WEIGHTS)
    for one in sessions:
        one.signals[FindingKind.BYTES_LEAK] = one.signals[FindingKind.TENSOR_LEAK] * 500_000
        one.signals[FindingKind.TENSOR_LEAK] = np.zeros(len(one.predictions), dtype=np.int64)
    (finding,) = judge(sessions)
    assert finding.kind is FindingKind.LOAD_LEAK
    assert "keeps 1.9 Mi bytes per load" in finding.summary


def test_bytes_and_pools_that_grow_with_loads_too_are_in_the_evidence() -> None:
    sessions = six([30] * TASKS, kept_per_load=WEIGHTS)
    for one in sessions:
        for kind in (FindingKind.BYTES_LEAK, FindingKind.GPU_BYTES_LEAK, FindingKind.GPU_ALLOCATED_LEAK):
            one.signals[kind] = one.signals[FindingKind.TENSOR_LEAK] * 500_000
    (finding,) = judge(sessions)
    assert finding.kind is FindingKind.LOAD_LEAK
    assert set(finding.evidence["also"]) == {"bytes_leak", "gpu_bytes_leak", "gpu_allocated_leak"}


def test_a_finding_of_growth_with_loads_resolves_when_models_are_disposed_of() -> None:
    opened = judge(six([3] * TASKS, kept_per_load=WEIGHTS))
    (resolved,) = judge([page(f"new-{n}", [3] * TASKS) for n in range(60)], before=opened)
    assert (resolved.kind, resolved.state) == (FindingKind.LOAD_LEAK, FindingState.RESOLVED)
    assert "clean again: 0 of the newest 60 sessions leak" in resolved.summary


@pytest.mark.parametrize("shapes", [("saw",), ("fills",), ("saw", "steps"), ("saw", "fills")])
def test_healthy_pages_that_load_anew_are_rarely_called_leaking(shapes: tuple[str, ...]) -> None:
    """Tasks of 1 to 60 predictions in batches, with other models loaded later, or a cache that fills."""
    random = np.random.default_rng(7)
    called = 0
    for n in range(300):
        per_task = random.integers(1, 60, int(random.integers(12, 80)))
        at = np.arange(per_task.sum())
        period = int(random.integers(2, max(3, len(at) // 4)))
        level = {
            "saw": at % period * float(random.integers(1, 4)),
            "steps": (at[:, None] >= random.uniform(0, len(at), 2)).sum(axis=1) * random.uniform(50, 400),
            "fills": np.minimum(at, random.uniform(0.2, 0.6) * len(at)) * random.uniform(0, 1),
        }
        held = np.sum([level[shape] for shape in shapes], axis=0)
        growth = load_growth(page(f"s{n}", per_task, tensors=held.astype(np.int64)))
        called += growth is not None and growth.is_leak(ALL.load_tensors)
    print(f"{' and '.join(shapes)}: {called / 300:.1%} of healthy sessions called leaking with loads")
    assert called <= 6


@pytest.mark.parametrize("kept", [1, 4, 40])
def test_what_each_load_leaves_is_found_beneath_noise(kept: int) -> None:
    random = np.random.default_rng(kept)
    for n in range(100):
        per_task = random.integers(1, 60, int(random.integers(16, 80)))
        held = np.arange(per_task.sum()) % int(random.integers(2, 12))
        one = page(f"s{n}", per_task, kept_per_load=kept, tensors=held)
        growth = load_growth(one)
        assert growth is not None
        assert growth.is_leak(ALL.load_tensors)
        assert growth.slope == pytest.approx(kept, rel=0.25)
        assert one.loads is not None
        tensors = one.signals[FindingKind.TENSOR_LEAK]
        assert find_cause(one.predictions, one.loads, tensors, growth.slope) is Cause.LOADS
