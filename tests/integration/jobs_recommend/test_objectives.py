"""Two apps with the same telemetry and objectives of their own, from the registry to the plan."""

import math
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from collector.apps import AppRegistry, objective_by_app
from collector.apps.changes import Wanted
from collector.contract.objective import Objective
from collector.jobs import publish
from collector.jobs.publish import PublishSettings
from collector.jobs.publish.versions import read_active
from collector.jobs.recommend import DecisionRecord, RecommendSettings, explain, newest_decisions, run
from collector.jobs.recommend.reading import sizes
from collector.jobs.recommend.reading.sizes import read_sizes
from collector.jobs.recommend.reading.visits import Cell, read_cells
from collector.operations.catalogue import OPERATIONS, Call, Parts
from collector.operations.job_process import run_here
from collector.settings import Settings
from collector.store import Store
from tests.integration.jobs_recommend.rows import insert, insert_sessions, load

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
READY_START = {"wasm-simd": (25.0, 300.0), "webgpu": (8.0, 2500.0)}
"""wasm starts at once, and keeps up with 30 frames a second, not with 60."""
PREDICTIONS = 40
SETTINGS = RecommendSettings(min_sessions=10)
ASKED = {"app": "demo", "since": NOW - 14 * DAY, "until": NOW, "include_automated": False}


@pytest.fixture
def registry(store: Store) -> AppRegistry:
    return AppRegistry(store, {}, longest_days=90)


def fill(store: Store, apps: Iterable[str]) -> None:
    for app in apps:
        insert_sessions(store, NOW - DAY, READY_START, 30, seed=1, app=app)


def decide(store: Store, registry: AppRegistry, *, now: datetime = NOW) -> None:
    run(store, SETTINGS, now=now, objectives=objective_by_app(registry.known()))


def root(store: Store, app: str) -> DecisionRecord:
    (found,) = newest_decisions(store, app, "blazeface", "*")
    return found.record


def true_cost(objective: Objective, backend: str) -> float:
    ready, start = READY_START[backend]
    frame = 1000 / objective.fps
    return (
        objective.ready * ready
        + objective.frame_rate * frame * math.ceil(ready / frame)
        + objective.first_result * start / PREDICTIONS
    )


def test_the_same_telemetry_gives_each_app_what_is_best_by_its_own_objective(
    store: Store, registry: AppRegistry
) -> None:
    objectives = {
        "camera": "loop,fps=60,first_result=0.1",
        "upload": "one-shot",
        "film": "loop,first_result=0.1",
    }
    for app, objective in objectives.items():
        registry.add(app, Wanted(objective=objective))
    registry.add("plain", Wanted())
    fill(store, [*objectives, "plain"])
    decide(store, registry)
    records = {app: root(store, app) for app in [*objectives, "plain"]}
    for app, record in records.items():
        aim = Objective.of(objectives.get(app, "balanced"))
        costs = {backend: true_cost(aim, backend) for backend in READY_START}
        assert record.state == "committed", app
        assert record.recommended is not None
        assert costs[record.recommended[0]] == min(costs.values()), app
        assert str(record.parameters.aim) == str(aim)
    assert {app: record.recommended and record.recommended[0].value for app, record in records.items()} == {
        "camera": "webgpu",
        "upload": "wasm-simd",
        "film": "wasm-simd",
        "plain": "wasm-simd",
    }
    assert "objective: one-shot" in explain(store, "upload", "blazeface", "*")
    assert "frame time at 60 fps" in explain(store, "camera", "blazeface", "*")
    publish.run(store, PublishSettings(), now=NOW)
    drawn = {}
    for app in objectives:
        active = read_active(store, app)
        assert active is not None
        drawn[app] = max(active.plans["*"]["blazeface"].arms, key=lambda arm: arm.probability).backend.value
    assert drawn == {"camera": "webgpu", "upload": "wasm-simd", "film": "wasm-simd"}


def test_a_new_objective_takes_the_place_of_what_was_committed_by_the_old_one(
    store: Store, registry: AppRegistry
) -> None:
    registry.add("shop", Wanted(objective="one-shot"))
    fill(store, ["shop"])
    decide(store, registry)
    assert root(store, "shop").recommended == ("wasm-simd", "original")
    registry.set("shop", Wanted(objective="ready=1"))
    decide(store, registry, now=NOW + timedelta(minutes=1))
    record = root(store, "shop")
    assert (record.state, record.recommended) == ("committed", ("webgpu", "original"))
    assert "was committed to before" not in record.reason
    registry.set("shop", Wanted(objective=None))
    decide(store, registry, now=NOW + timedelta(minutes=2))
    assert root(store, "shop").parameters.objective is None


def test_the_operation_goes_by_the_registry_and_by_the_settings(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the schedule, the command line and the admin API call."""
    monkeypatch.setenv("INFERFLEET_APPS", '{"declared": {"keys": ["abcd"], "objective": "ready=1"}}')
    settings = Settings(recommend=SETTINGS.model_copy(update={"objective": "first_result=1"}))
    registry = AppRegistry(store, settings.apps, longest_days=90)
    registry.add("stored", Wanted(objective="ready=1"))
    for app in ("stored", "declared", "silent"):
        insert_sessions(store, datetime.now(UTC) - DAY, READY_START, 30, seed=1, app=app)
    unused = cast("Any", None)
    parts = Parts(store, settings, unused, unused, registry, unused, run_here(store))
    OPERATIONS["recommend"](parts, Call())
    assert {app: root(store, app).recommended for app in ("stored", "declared", "silent")} == {
        "stored": ("webgpu", "original"),
        "declared": ("webgpu", "original"),
        "silent": ("wasm-simd", "original"),
    }


def test_an_objective_that_this_version_does_not_know_names_its_app_and_stops_no_other(store: Store) -> None:
    fill(store, ["blog", "shop"])
    with pytest.raises(ValueError, match=r"'battery=1' of app 'shop'; set one with `inferfleet apps set"):
        run(store, SETTINGS, now=NOW, objectives={"shop": "battery=1"})
    assert root(store, "blog").state == "committed"
    with pytest.raises(ValueError, match="no decision for model 'blazeface' of app 'shop'"):
        root(store, "shop")


def test_sizes_are_medians_of_what_was_downloaded_or_what_the_registry_says(store: Store) -> None:
    def told(session: str, size: int | None, variant: str, **other: object) -> dict[str, object]:
        row = load(session, "webgl", NOW - DAY, 100.0, variant=variant, **other)
        return row | {"download_bytes": size, "cache_hit": other.get("cache_hit", False)}

    rows = [told(f"session-{n:04d}-plain", 5_000_000 + n, "original") for n in range(9)]
    rows += [told(f"session-{n:04d}-cached", 300, "original", cache_hit=True) for n in range(20)]
    rows += [told("session-of-many-loads", 1, "original") for _ in range(50)]
    rows += [told(f"session-{n:04d}-untold", None, "hidden") for n in range(9)]
    rows += [told(f"session-{n:04d}-small", 1, "float16") for n in range(9)]
    insert(store, "loads", rows)
    insert(
        store,
        "variants",
        [
            {
                "app": "demo",
                "model": "blazeface",
                "variant": "float16",
                "bytes": 2_500_000,
                "registered_at": NOW,
            }
        ],
    )
    cells = read_cells(store, {}, ASKED).values()
    registered = store.query("recommend_variants", app="demo")
    found = read_sizes(store, cells, registered, ASKED)
    assert found == {"blazeface": {"original": pytest.approx(5_000_003, abs=2), "float16": 2_500_000}}


def test_of_many_downloads_some_are_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        load(f"session-{n:04d}", "webgl", NOW - DAY, 100.0, download_bytes=5_000_000 + n, cache_hit=False)
        for n in range(400)
    ]
    insert(store, "loads", rows)
    cells = read_cells(store, {}, ASKED).values()
    whole = read(store, cells, monkeypatch, 2000)
    assert whole == pytest.approx(5_000_200, abs=2)
    # Which are read follows from a secret of this store's: one sample may have the median of all by chance.
    sampled = [read(store, cells, monkeypatch, most) for most in (20, 60, 150)]
    assert set(sampled) != {whole}, "only some were read"
    assert all(5_000_000 <= each < 5_000_400 for each in sampled)
    assert sampled[0] == read(store, cells, monkeypatch, 20)


def read(store: Store, cells: Collection[Cell], monkeypatch: pytest.MonkeyPatch, most: int) -> float:
    monkeypatch.setattr(sizes, "READ", most)
    return read_sizes(store, cells, [], ASKED)["blazeface"]["original"]
