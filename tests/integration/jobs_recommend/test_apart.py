"""Jobs in a process of their own: they see and write what they do here, and end with the collector."""

import json
import os
import re
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from collector.jobs import leaks, publish, recommend, regressions
from collector.jobs.leaks import LeakSettings
from collector.jobs.publish import PublishSettings
from collector.jobs.recommend import RecommendSettings
from collector.jobs.regressions import RegressionSettings
from collector.operations.job_process import JobDied, JobProcesses, JobStopped, RunJob, run_here
from collector.store import Store, StoreError
from tests.integration.jobs_recommend import jobs_apart
from tests.integration.jobs_recommend.rows import insert, insert_sessions, load, race, window

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ROOT = Path(__file__).parents[3]
ARMS = {"cpu": (150.0, 500.0), "wasm-simd-threads": (8.0, 600.0), "webgpu": (90.0, 2500.0)}
SPAN = {"app": "demo", "since": NOW - 7 * DAY, "until": NOW}
QUESTIONS: dict[str, dict[str, Any]] = {
    "leaks_releases": {"app": ""},
    "leaks_sessions": {**SPAN, "sessions": 5},
    "leaks_series": {**SPAN, "chosen": ["leaky-0", "leaky-1"]},
    "leaks_traces": {"app": "demo", "release": "2.0.0", "backend": "webgl", "sessions": 5},
    "findings_newest": {"app": ""},
    "recommend_apps": SPAN,
    "recommend_cells": {**SPAN, "include_automated": False},
    "recommend_visits": {
        **SPAN,
        "model": "blazeface",
        "quantile": 0.75,
        "votes": 50,
        "cells": [],
        "limits": [],
        "include_automated": False,
    },
    "recommend_races": {**SPAN, "votes": 50, "include_automated": False},
    "recommend_models": SPAN,
    "recommend_defaults": SPAN | {"include_automated": False},
    "recommend_variants": SPAN,
    "models_newest": {"app": "demo", "model": ""},
    "recommend_leaks": SPAN,
    "recommend_bytes": SPAN | {"names": [], "largest": [], "include_automated": False},
    "recommend_downloads": SPAN
    | {"models": ["blazeface"], "cells": [], "limits": [], "least": 16384.0, "include_automated": False},
    "recommend_plans": SPAN,
    "recommend_latest": SPAN,
    "canaries_contents": {"app": "demo"},
    "canaries_newest": {"app": "demo", "model": ""},
    "config_apps": {},
    "regressions_cells": SPAN,
    "regressions_votes": {**SPAN, "votes": 100},
    "config_active": SPAN,
    "config_version": {**SPAN, "version": 1},
    "config_history": {**SPAN, "limit": 5},
}
"""What the jobs ask, with parameters that find something."""


@pytest.fixture
def apart(store: Store, monkeypatch: pytest.MonkeyPatch) -> JobProcesses:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for jobs_apart: an installed collector needs none
    return JobProcesses(store)


def fill(store: Store) -> None:
    insert_sessions(store, NOW - DAY, ARMS, 4, seed=1)
    at = list(range(0, 400, 10))
    memory = {"memory_predictions": at, "memory_tensors": [180 + 3 * n for n in at]}
    memory["memory_bytes"] = [4096 * n for n in memory["memory_tensors"]]
    rows = [
        window(f"leaky-{n}", "webgl", NOW - DAY / 2, [20.0] * 40, release="2.0.0", **memory) for n in range(3)
    ]
    insert(store, "windows", rows)
    fetched = load("fetched", "webgl", NOW - DAY, 100.0, download_bytes=5_000, cache_hit=False)
    insert(store, "loads", [fetched])
    subject = {"engine": "tfjs", "predictions": 40, "loads": 1, "sites": "[]"}
    trace = {"model": "blazeface", "variant": "original", "backend": "webgl", "release": "2.0.0", **subject}
    insert(store, "leak_traces", [{**rows[0], **trace}])
    quality = {"model": "blazeface", "variant": "original", "measured_at": NOW, "agreement": 1.0}
    insert(store, "races", race("racer", NOW - DAY, {"webgl": 9.0, "cpu": None}))
    insert(store, "variants", [{"app": "demo", "url": "https://m.example/b.json", **quality}])
    budget = {"app": "demo", "model": "blazeface", "version": 1, "created_at": NOW, "max_accuracy_loss": 0.02}
    insert(store, "model_versions", [budget])
    registered = {"app": "demo", "model": "blazeface", "variant": "original", "version": 1, "created_at": NOW}
    insert(store, "variant_versions", [registered])
    reference = {"variants": ["original"], "values": [0.5], "tolerances": [0.01]}
    recorded = {
        "canary_id": "0123456789ab",
        "canary": json.dumps({"id": "0123456789ab", "references": [reference]}),
        "contents": "{}",
        "evidence": "{}",
    }
    version = {"app": "demo", "model": "blazeface", "version": 1, "created_at": NOW}
    insert(store, "canary_versions", [version | recorded])


def run_all(store: Store, run: RunJob) -> dict[str, Any]:
    small = RecommendSettings(min_sessions=3, exploration=0.0, holdback=0.0)
    return {
        "leaks": run(leaks.run, LeakSettings(min_sessions=2), now=NOW),
        "regressions": run(regressions.run, RegressionSettings(), now=NOW),
        "recommend": run(recommend.run, small, now=NOW),
        "publish": run(publish.run, PublishSettings(), now=NOW, author="somebody"),
        "explain": recommend.explain(store, "demo", "blazeface", None),
        "found": {name: store.query(name, **asked) for name, asked in QUESTIONS.items()},
    }


def test_jobs_do_apart_what_they_do_here(store: Store, apart: JobProcesses) -> None:
    fill(store)
    here = run_all(store, run_here(store))
    for table in ("findings", "decisions", "config_versions"):
        store.execute(f"TRUNCATE TABLE {table}")
    assert run_all(store, apart) == here
    assert (
        here["leaks"].opened
        and here["regressions"].votes
        and here["recommend"].visits
        and here["publish"].publications[0].published
    )


def test_a_borrowed_store_answers_like_its_own(store: Store, apart: JobProcesses) -> None:
    fill(store)
    run_all(store, run_here(store))
    borrowed = apart(jobs_apart.ask, QUESTIONS)
    for name, asked in QUESTIONS.items():
        rows = as_lists(store.query(name, **asked))
        assert rows, name
        assert borrowed[name] == rows, name
        assert [kinds(row) for row in borrowed[name]] == [kinds(row) for row in rows], name


def kinds(row: dict[str, Any]) -> dict[str, type]:
    return {key: type(value) for key, value in row.items()}


def as_lists(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Arrow has tuples as structs, named by their place."""

    def convert(value: Any) -> Any:
        match value:
            case list():
                return [convert(one) for one in value]
            case tuple():
                return {str(place): convert(one) for place, one in enumerate(value, 1)}
        return value

    return [{key: convert(value) for key, value in row.items()} for row in rows]


def test_every_question_of_the_jobs_is_asked_here() -> None:
    sources = [path.read_text() for path in (ROOT / "collector" / "jobs").rglob("*.py")]
    asked = {name for source in sources for name in re.findall(r"\.query(?:_table)?\(\s*\"(\w+)\"", source)}
    assert asked == set(QUESTIONS)


def test_it_steps_back_for_the_collector(apart: JobProcesses) -> None:
    assert apart(jobs_apart.niceness) == 19


def test_what_a_job_raises_passes_through_with_where_it_was(apart: JobProcesses) -> None:
    with pytest.raises(ValueError, match=r"^the app does not fit\n") as caught:
        apart(jobs_apart.refuse, what="the app")
    assert "jobs_apart.py" in caught.value.__notes__[0]


def test_what_the_store_raises_reaches_the_job(apart: JobProcesses) -> None:
    with pytest.raises(StoreError, match="no query named 'nothing'"):
        apart(jobs_apart.ask, {"nothing": {}})


@pytest.mark.parametrize(
    ("by", "told"), [(signal.SIGKILL, "by SIGKILL: memory ran out"), (signal.SIGTERM, "by SIGTERM$")]
)
def test_a_killed_job_says_how_it_ended(apart: JobProcesses, by: signal.Signals, told: str) -> None:
    with pytest.raises(JobDied, match=told):
        apart(jobs_apart.die, by=by)


def test_a_result_that_cannot_be_sent_is_a_death_and_not_a_wait(
    apart: JobProcesses, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(JobDied, match="with exit status 1: see the log"):
        apart(jobs_apart.unsendable)
    assert "Can't pickle" in capfd.readouterr().err


def test_stopping_ends_the_job_that_runs_and_begins_no_more(apart: JobProcesses, tmp_path: Path) -> None:
    marker = tmp_path / "runs"
    raised: list[BaseException] = []

    def call() -> None:
        try:
            apart(jobs_apart.sleep, marker=str(marker))
        except JobStopped as error:
            raised.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    pid = wait_for(marker)
    apart.stop()
    thread.join(10)
    assert len(raised) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(JobStopped, match="stopping"):
        apart(jobs_apart.niceness)


def test_the_job_ends_when_the_collector_is_gone(apart: JobProcesses) -> None:
    ours, theirs = Pipe()
    with theirs:
        process = apart._start(theirs.fileno())
    ours.close()
    assert process.wait(20) == 0


def wait_for(marker: Path) -> int:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if marker.exists() and (text := marker.read_text()):
            return int(text)
        time.sleep(0.05)
    raise AssertionError("the job did not begin")
