"""The whole job on a real engine: windows in, findings out."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from collector.contract.finding import FindingKind, FindingState
from collector.jobs.leaks import LeakSettings, load_findings, loading, run
from collector.store import SCHEMAS, Store, open_store
from collector.store.migrate import upgrade

NOW = datetime.now(UTC).replace(microsecond=0)  # the engine drops windows after 90 days
DEMO = LeakSettings(min_sessions=2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    dsn = f"chdb://{tmp_path / 'engine'}"
    upgrade(dsn)
    with open_store(dsn) as opened:
        yield opened


def window(session: str, predictions: list[int], tensors: list[int], **changes: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {}
    for field in SCHEMAS["windows"]:
        if pa.types.is_list(field.type):
            empty[field.name] = []
        elif pa.types.is_string(field.type):
            empty[field.name] = ""
        else:
            empty[field.name] = 0
    return {
        **empty,
        "app": "demo",
        "at": NOW - timedelta(hours=1),
        "received_at": NOW - timedelta(hours=1),
        "release": "2.0.0",
        "session": session,
        "wasm_simd": True,
        "wasm_threads": False,
        "webgpu": False,
        "automated": False,
        "steerable": True,
        "model": "blazeface",
        "variant": "original",
        "backend": "webgl",
        "engine": "tfjs",
        "count": len(predictions),
        "memory_predictions": predictions,
        "memory_tensors": tensors,
        "memory_bytes": [value * 4096 for value in tensors],
        **changes,
    }


def insert(store: Store, *rows: dict[str, Any]) -> None:
    store.insert("windows", pa.Table.from_pylist(list(rows), schema=SCHEMAS["windows"]))


def a_session(name: str, per_prediction: int, **changes: Any) -> list[dict[str, Any]]:
    """Three windows of twenty predictions, stored out of order."""
    windows = []
    for start in (40, 0, 20):
        at = list(range(start, start + 20, 2))
        windows.append(window(name, at, [180 + per_prediction * n for n in at], **changes))
    return windows


def test_a_leak_is_found_kept_and_resolved(store: Store) -> None:
    for n in range(2):
        insert(store, *a_session(f"leaky-{n}", 3), *a_session(f"good-{n}", 0, backend="wasm-simd"))
        insert(store, *a_session(f"old-{n}", 0, release="1.0.0", at=NOW - timedelta(days=3)))
    summary = run(store, DEMO, now=NOW)
    assert (summary.sessions, summary.opened, summary.resolved) == (6, 1, 0)
    (finding,) = summary.findings
    assert finding.kind is FindingKind.TENSOR_LEAK
    assert finding.cohort.backend == "webgl"
    assert finding.evidence["slope"]["median"] == 3
    assert finding.evidence["before"]["release"] == "1.0.0"
    assert load_findings(store) == [finding]

    again = run(store, DEMO, now=NOW + timedelta(minutes=5))
    assert (again.opened, again.still_open) == (0, 1)
    assert again.findings[0].opened_at == NOW

    later = NOW + timedelta(hours=25)
    ended = run(store, DEMO, now=later, app="demo")
    assert (ended.still_open, ended.resolved) == (0, 1)
    assert load_findings(store, app="demo")[0].state is FindingState.RESOLVED
    told_again = run(store, DEMO, now=later + timedelta(hours=1))
    assert (told_again.resolved, len(told_again.findings)) == (0, 1)
    assert run(store, DEMO, now=later + timedelta(hours=49)).findings == []


def test_sessions_of_single_clicks_are_judged(store: Store) -> None:
    for n in range(5):
        insert(
            store,
            *(window(f"click-{n}", [k], [50 + 2 * k], memory_gpu_bytes=[10**9]) for k in reversed(range(30))),
        )
    (finding,) = run(store, LeakSettings(), now=NOW).findings
    assert finding.evidence["slope"]["median"] == 2


def test_pages_that_hold_their_memory_outvote_the_few_that_leak(store: Store) -> None:
    """A clean window has two points: the SDK leaves out what does not change."""
    for n in range(40):
        insert(store, window(f"clean-{n}", [0, 1799], [180, 180]))
    for n in range(2):
        insert(store, *a_session(f"leaky-{n}", 3))
    summary = run(store, LeakSettings(), now=NOW)
    assert summary.findings == []
    assert summary.votes == 2 * 42


def test_gpu_bytes_leak_without_tensors(store: Store) -> None:
    at = list(range(0, 60, 3))
    for n in range(5):
        insert(
            store,
            window(f"gpu-{n}", at, [180] * 20, memory_gpu_bytes=[10**7 + k * 2**20 for k in at]),
        )
    (finding,) = run(store, LeakSettings(), now=NOW).findings
    assert finding.kind is FindingKind.GPU_BYTES_LEAK
    assert "1.0 Mi GPU bytes per prediction" in finding.summary


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("memory_gpu_allocated_bytes", FindingKind.GPU_ALLOCATED_LEAK),
        ("memory_heap_bytes", FindingKind.HEAP_LEAK),
    ],
)
def test_memory_held_beside_what_is_in_use(store: Store, column: str, kind: FindingKind) -> None:
    at = list(range(0, 60, 3))
    for n in range(5):
        growing = [10**7 + k * 2**20 for k in at]
        insert(store, window(f"held-{n}", at, [180] * 20, **{column: growing}))
        insert(store, window(f"full-{n}", at, [180] * 20, model="other", **{column: [10**8] * 20}))
    (finding,) = run(store, LeakSettings(), now=NOW).findings
    assert (finding.kind, finding.cohort.model) == (kind, "blazeface")
    assert [row["finding_id"] for row in store.query("recommend_leaks", app="demo")] == [finding.finding_id]


def tasks(session: str, per_task: int, held: Callable[[int], int], **changes: Any) -> list[dict[str, Any]]:
    """A window for each of 40 tasks with a model of its own; ``held`` says its tensors, by the task."""
    return [
        window(
            session,
            list(range(task * per_task, (task + 1) * per_task)),
            [held(task)] * per_task,
            nth_load=task + 1,
            **changes,
        )
        for task in range(40)
    ]


@pytest.mark.parametrize("predictions", [1, 6])
def test_models_that_are_loaded_for_each_task_and_kept(store: Store, predictions: int) -> None:
    """Six sessions each: every task leaves 4 tensors; all is disposed of; five models, once each."""
    for n in range(6):
        insert(store, *tasks(f"kept-{n}", predictions, lambda task: 4 + 4 * task))
        insert(store, *tasks(f"freed-{n}", predictions, lambda _: 4, model="honest"))
        insert(
            store,
            *(window(f"five-{n}", list(range(40)), [4 + 4 * k] * 40, model=f"model-{k}") for k in range(5)),
        )
    (finding,) = run(store, LeakSettings(), now=NOW).findings
    assert (finding.kind, finding.cohort.model) == (FindingKind.LOAD_LEAK, "blazeface")
    assert (finding.evidence["leaking"], finding.evidence["sessions"]) == (6, 6)
    assert finding.evidence["slope"]["median"] == 4
    assert load_findings(store) == [finding]
    assert store.query("recommend_leaks", app="demo") == []  # the page's fault, not the backend's


def test_models_in_step_refuse_no_arm(store: Store) -> None:
    """Which of the two leaks nobody knows: the arm of the wrong one would be refused."""
    for n in range(6):
        insert(store, *a_session(f"s-{n}", 2), *a_session(f"s-{n}", 2, model="hands"))
    (finding,) = run(store, LeakSettings(), now=NOW).findings
    assert finding.evidence["attribution"] == {"shared": 6}
    assert store.query("recommend_leaks", app="demo") == []


def test_how_long_a_session_was_makes_growth_per_minute(store: Store) -> None:
    for n in range(6):
        insert(store, *a_session(f"s-{n}", 2, duration_ms=20_000, count=20))
    (finding,) = run(store, LeakSettings(), now=NOW).findings
    assert finding.evidence["per_minute"] == pytest.approx(2 * 60)  # 60 predictions in three windows of 20 s
    assert finding.evidence["minutes_to_limit"] == pytest.approx(2**30 / (2 * 60 * 4096), abs=0.1)


def test_a_session_with_more_points_than_are_read_grows_as_fast(store: Store) -> None:
    """Of 12,000 points 8,192 are read; the time is that of all."""
    for n in range(6):
        hours = [
            window(
                f"s-{n}",
                at := list(range(start, start + 60)),
                [180 + 2 * each for each in at],
                count=60,
                duration_ms=60_000,
            )
            for start in range(0, 12_000, 60)
        ]
        insert(store, *hours)
    (finding,) = run(store, LeakSettings(), now=NOW).findings
    assert finding.evidence["per_minute"] == pytest.approx(2 * 60)


def test_only_the_asked_app_is_judged(store: Store) -> None:
    for n in range(5):
        insert(store, *a_session(f"a-{n}", 1), *a_session(f"b-{n}", 1, app="other"))
    assert {finding.cohort.app for finding in run(store, LeakSettings(), now=NOW, app="other").findings} == {
        "other"
    }
    assert len(run(store, LeakSettings(), now=NOW).findings) == 2


def test_no_windows_are_no_findings(store: Store) -> None:
    summary = run(store, LeakSettings(), now=NOW)
    assert (summary.sessions, summary.findings) == (0, [])


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="zone"):
        run(store, LeakSettings(), now=datetime(2026, 5, 1))  # noqa: DTZ001


def test_sessions_are_judged_alike_however_many_are_loaded_at_one_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        insert(store, *a_session(f"leaky-{n}", 3), *a_session(f"good-{n}", 0, backend="wasm-simd"))
        # Two models in one session: they have to come together, or neither is told from the other.
        insert(store, *a_session(f"both-{n}", 3), *a_session(f"both-{n}", 3, model="facemesh"))
    at_once = run(store, DEMO, now=NOW)
    store.execute("TRUNCATE TABLE findings")
    asked: list[int] = []
    query_table = store.query_table

    def watch(name: str, **parameters: Any) -> pa.Table:
        asked.extend([len(parameters["chosen"])] if name == "leaks_series" else [])
        return query_table(name, **parameters)

    monkeypatch.setattr(store, "query_table", watch)
    monkeypatch.setattr(loading, "BATCH_POINTS", 70)
    assert run(store, DEMO, now=NOW) == at_once
    assert at_once.opened
    assert sum(asked) == at_once.sessions == 15
    assert len(asked) > 5
