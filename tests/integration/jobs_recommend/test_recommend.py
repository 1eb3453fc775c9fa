"""The recommend job on a real embedded engine."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from collector.contract import histogram
from collector.contract.device_class import parse
from collector.contract.vocabulary import Backend
from collector.jobs import publish
from collector.jobs.publish import PublishSettings
from collector.jobs.recommend import RecommendSettings, explain, run
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.reading.visits import ModelVisits, read_cells, read_visits
from collector.remote_config.versions import load_active
from collector.store import Store
from tests.integration.jobs_recommend.rows import DEVICE, insert, insert_sessions, load, window

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ARMS = {
    "cpu": (150.0, 500.0),
    "wasm-simd-threads": (8.0, 600.0),
    "webgl": (50.0, 2000.0),
    "webgpu": (90.0, 2500.0),
}
LEAF = "form=desktop,os=linux,browser=chromium,gpu=swiftshader,memory_gb=8,cores=2"
SMALL = RecommendSettings(min_sessions=3)
ASKED = {"app": "demo", "since": NOW - 14 * DAY, "until": NOW, "include_automated": False}
SPAN = {**ASKED, "model": "blazeface", "quantile": 0.75, "votes": 1000, "cells": [], "limits": []}
LEAF_OF_PHONE = "form=mobile,os=android,browser=chromium,gpu=adreno-6,memory_gb=8,cores=2"
PHONE = {"form": "mobile", "os": "android", "gpu": "adreno-6"}


def read(store: Store, settings: RecommendSettings = SMALL) -> ModelVisits:
    (found,) = read_visits(store, read_cells(store, {}, ASKED), settings, ASKED)
    return found


def test_a_few_sessions_per_backend_commit_when_the_gap_is_wide(store: Store) -> None:
    insert_sessions(store, NOW - DAY, ARMS, 4, seed=1)
    summary = run(store, SMALL, now=NOW)
    assert summary.apps == ["demo"]
    assert summary.visits == 16
    assert summary.decided == {"committed": 5}
    assert {outcome.backend for outcome in summary.outcomes} == {"wasm-simd-threads"}
    rows = store.query_sql("SELECT * FROM decisions WHERE device_class = {key:String}", {"key": LEAF})
    assert [row["default_backend"] for row in rows] == ["webgpu"]
    assert 0.05 < rows[0]["expected_ratio"] < 0.5
    text = explain(store, "demo", "blazeface", LEAF)
    assert "COMMITTED" in text
    assert "wasm-simd-threads is the cheapest of 4 arms" in text


def test_the_same_telemetry_gives_the_same_bytes_in_every_run(store: Store) -> None:
    insert_sessions(store, NOW - DAY, ARMS, 4, seed=1)
    for minute in range(2):
        run(store, SMALL, now=NOW + timedelta(minutes=minute))
    rows = store.query_sql("SELECT run_id, device_class, record FROM decisions ORDER BY device_class, run_id")
    assert len({row["run_id"] for row in rows}) == 2
    assert len({row["record"] for row in rows}) == 5


def test_a_session_is_one_vote_a_day_however_many_windows_it_sends(store: Store) -> None:
    insert(
        store, "windows", [window("session-flood-0001", "webgl", NOW - DAY, [5.0] * 10) for _ in range(50)]
    )
    insert(store, "windows", [window("session-flood-0001", "webgl", NOW - 2 * DAY, [7.0] * 10)])
    rows = store.query("recommend_visits", **SPAN)
    assert sorted(int(row["predictions"]) for row in rows) == [10, 500]


@pytest.mark.parametrize("quantile", [0.5, 0.75, 0.95])
def test_the_quantile_is_the_contracts(store: Store, quantile: float) -> None:
    random = np.random.default_rng(3)
    for number in range(20):
        values = random.lognormal(2, 1, int(random.integers(1, 30)))
        insert(store, "windows", [window(f"session-{number:08d}-x", "webgl", NOW - DAY, values)])
        rows = store.query_sql(
            "SELECT ready_buckets, ready_counts FROM windows WHERE session = {s:String}",
            {"s": f"session-{number:08d}-x"},
        )
        assert rows
    got = store.query("recommend_visits", **(SPAN | {"quantile": quantile}))
    exact = store.query_sql("SELECT session, ready_buckets, ready_counts FROM windows")
    want = sorted(
        histogram.quantile(dict(zip(row["ready_buckets"], row["ready_counts"], strict=True)), quantile) or 0
        for row in exact
    )
    assert sorted(histogram.value_of(row["ready_bucket"]) for row in got) == pytest.approx(want)


def test_arms_that_did_not_start_and_incidents_count_as_visits_without_a_vote(store: Store) -> None:
    fallback = {"fallback_backends": ["webgpu"], "fallback_errors": ["Error"]}
    insert(store, "loads", [load("session-0000000001", "webgl", NOW - DAY, 100.0, **fallback)])
    insert(store, "incidents", [window("session-0000000002", "webgl", NOW - DAY, [1.0], kind="hang")])
    days = read(store).visits
    told = {
        (days.arms[arm].backend.value, *sorted(days.incident_sets[kinds])): (ready, start)
        for arm, kinds, ready, start in zip(
            days.arm, days.incidents, days.ready_ms, days.start_ms, strict=True
        )
    }
    assert set(told) == {("webgpu", "not_started"), ("webgl",), ("webgl", "hang")}
    assert all(math.isnan(ready) for ready, _ in told.values())
    assert told["webgl",][1] == pytest.approx(100.0)
    assert math.isnan(told["webgpu", "not_started"][1])


def test_an_arm_that_kills_pages_is_refused_and_explain_says_so(store: Store) -> None:
    insert_sessions(store, NOW - DAY, ARMS, 30, seed=1)
    fast = "wasm-simd-threads"
    # Told by visits that ran something else, of lives that reported nothing.
    deaths = [
        window(f"session-webgl-1-{number:04d}", fast, NOW - DAY, [1.0], kind="killed", phase="load")
        for number in range(20)
    ]
    # Of a browser's crash reports: no model of the app's.
    crash = {"kind": "killed", "phase": "unknown", "model": "demo", "backend": "other"}
    insert(store, "incidents", [*deaths, *({**each, **crash} for each in deaths)])
    summary = run(store, RecommendSettings(), now=NOW)
    assert {(each.model, each.backend) for each in summary.outcomes} == {("blazeface", "webgl")}
    text = explain(store, "demo", "blazeface", LEAF)
    assert "killed: the page was killed in 20 of 50 session-days" in text


def test_a_variant_that_did_not_start_says_nothing_of_the_original_that_ran_in_its_place(
    store: Store,
) -> None:
    fallback = {
        "fallback_backends": ["webgl", "webgpu"],
        "fallback_variants": ["float16", "original"],
        "fallback_errors": ["IntegrityError", "Error"],
    }
    insert(store, "loads", [load("session-0000000001", "webgl", NOW - DAY, 100.0, **fallback)])
    days = read(store).visits
    told = {
        days.arms[arm]: days.incident_sets[kinds] for arm, kinds in zip(days.arm, days.incidents, strict=True)
    }
    assert told == {
        ArmKey(Backend.WEBGL, "float16"): {"not_started"},
        ArmKey(Backend.WEBGL, "original"): set(),
        ArmKey(Backend.WEBGPU, "original"): {"not_started"},
    }


def test_telemetry_outside_the_lookback_is_not_read(store: Store) -> None:
    insert_sessions(store, NOW - 15 * DAY, ARMS, 4, seed=1)
    assert run(store, SMALL, now=NOW, app="demo").visits == 0


def test_a_session_day_is_of_the_device_that_it_told_last(store: Store) -> None:
    """A page may learn its GPU after its first report, and a later report may come first."""
    early = window("session-late-gpu-1", "webgl", NOW - DAY, [5.0] * 10, gpu="unknown", received_at=NOW)
    late = window("session-late-gpu-1", "webgl", NOW - DAY, [7.0] * 10)
    insert(store, "windows", [early, late])
    found = read(store)
    assert [found.visits.devices[index].key for index in found.visits.device] == [LEAF]
    assert found.visits.predictions.tolist() == [20]


def test_abilities_and_releases_are_read_as_they_were_told(store: Store) -> None:
    simd = window("session-0000000001", "wasm-simd", NOW - DAY, [5.0], release="1", webgpu=False, webgl=0)
    both = window("session-0000000002", "webgl", NOW - DAY, [5.0], release="2", wasm_simd=False)
    insert(store, "windows", [simd, both])
    found = read(store)
    told = {
        found.visits.releases[release]: {each.value for each in found.visits.ability_sets[able]}
        for release, able in zip(found.visits.release, found.visits.abilities, strict=True)
    }
    assert told == {
        "1": {"cpu", "wasm", "wasm-simd", "wasm-simd-threads"},
        "2": {"cpu", "wasm", "webgl", "webgpu"},
    }
    assert found.releases == {(NOW - DAY).date(): {"1": 1, "2": 1}}


def test_a_flood_of_sessions_is_sampled_not_read_whole(store: Store) -> None:
    insert_sessions(store, NOW - DAY, {"webgl": (50.0, 100.0)}, 60, seed=1)
    rows = store.query("recommend_visits", **(SPAN | {"votes": 10}))
    assert len(rows) == 10
    assert rows == store.query("recommend_visits", **(SPAN | {"votes": 10}))


def test_of_a_large_cell_a_fair_sample_is_read_and_all_of_a_small_one(store: Store) -> None:
    """Two sessions in three take 5 ms and the others 50: so they do among those that are read."""
    for backend, count in (("webgl", 4000), ("wasm-simd", 30)):
        insert(
            store,
            "windows",
            [
                window(f"session-{backend}-{number:08d}", backend, NOW - DAY, [5.0 if number % 3 else 50.0])
                for number in range(count)
            ],
        )
    few = RecommendSettings(votes_per_arm=400)
    found = read(store, few)
    arms = [found.visits.arms[index].backend.value for index in found.visits.arm]
    assert (arms.count("webgl"), arms.count("wasm-simd")) == (400, 30)
    fast = found.visits.ready_ms[np.array(arms) == "webgl"] < 10
    assert 0.58 < fast.mean() < 0.75
    assert sum(found.totals.values()) == pytest.approx(4030, rel=0.15)
    again = read(store, few)
    assert np.array_equal(np.sort(again.visits.ready_ms), np.sort(found.visits.ready_ms))


def test_a_sample_keeps_the_sessions_that_told_their_gpu_late_whole(store: Store) -> None:
    """The cell "unknown" is large, the one that its sessions end in small: all of those are read."""
    early = [window(f"session-{n:08d}", "webgl", NOW - DAY, [5.0], gpu="unknown") for n in range(900)]
    later = NOW - DAY + timedelta(minutes=1)
    insert(store, "windows", early + [window(f"session-{n:08d}", "webgl", later, [5.0]) for n in range(50)])
    found = read(store, RecommendSettings(votes_per_arm=100))
    told = [found.visits.devices[index].key for index in found.visits.device]
    assert told.count(LEAF) == 50
    assert found.visits.predictions[np.array(told) == LEAF].tolist() == [2] * 50


def test_an_open_leak_finding_refuses_its_backend_until_it_is_resolved(store: Store) -> None:
    insert_sessions(store, NOW - DAY, ARMS, 6, seed=1)
    finding = {
        "finding_id": "0123456789abcdef",
        "kind": "tensor_leak",
        "app": "demo",
        "model": "blazeface",
        "backend": "wasm-simd-threads",
        "state": "open",
        "opened_at": NOW - DAY,
        "updated_at": NOW - DAY,
    }
    insert(store, "findings", [finding])
    run(store, SMALL, now=NOW)
    text = explain(store, "demo", "blazeface", LEAF)
    assert "leak: open leak findings: 0123456789abcdef" in text
    assert "webgl is" in text
    insert(store, "findings", [finding | {"state": "resolved", "updated_at": NOW, "resolved_at": NOW}])
    run(store, SMALL, now=NOW + timedelta(minutes=1))
    assert "open leak" not in explain(store, "demo", "blazeface", LEAF)


def test_explain_falls_back_to_the_nearest_class_above_and_names_what_is_missing(store: Store) -> None:
    insert_sessions(store, NOW - DAY, ARMS, 4, seed=1)
    run(store, SMALL, now=NOW)
    elsewhere = "form=desktop,os=linux,browser=firefox"
    assert "blazeface on form=desktop,os=linux:" in explain(store, "demo", "blazeface", elsewhere)
    with pytest.raises(ValueError, match="run `inferfleet recommend` first"):
        explain(store, "demo", "no-such-model")
    with pytest.raises(ValueError, match="not a device class"):
        explain(store, "demo", "blazeface", "os=linux")


def test_apps_do_not_see_each_other(store: Store) -> None:
    insert_sessions(store, NOW - DAY, ARMS, 4, seed=1)
    insert_sessions(store, NOW - DAY, {"webgl": (5.0, 10.0)}, 4, seed=2, app="other")
    summary = run(store, SMALL, now=NOW, app="other")
    assert summary.visits == 4
    assert DEVICE["gpu"] == "swiftshader"


def test_webnn_is_among_the_arms_and_a_software_backend_fails_no_gate(store: Store) -> None:
    insert_sessions(store, NOW - DAY, {"webnn": (5.0, 300.0), "webgl": (50.0, 2000.0)}, 4, seed=1)
    incident = load("session-webgl-1-0000", "webgl", NOW - DAY, 0.0) | {
        "kind": "software_backend",
        "count": 1,
    }
    insert(store, "incidents", [incident])
    run(store, SMALL, now=NOW)
    text = explain(store, "demo", "blazeface", LEAF)
    assert "webnn" in text
    assert set(read(store).visits.incident_sets) == {frozenset()}


def test_an_automated_browser_decides_nothing_unless_it_is_asked_for(store: Store) -> None:
    """Tests run webgl in 1 ms; visitors have it slower than wasm."""
    insert_sessions(store, NOW - DAY, ARMS, 4, seed=1)
    insert_sessions(
        store, NOW - DAY, {"webgl": (0.01, 1.0)}, 12, seed=2, default="webgl", automated=True, memory_gb=4
    )
    summary = run(store, SMALL, now=NOW)
    assert (summary.visits, summary.automated) == (16, 12)
    assert {outcome.backend for outcome in summary.outcomes} == {"wasm-simd-threads"}
    assert not [item for item in summary.outcomes if "memory_gb=4" in item.device_class]
    records = store.query_sql("SELECT default_backend FROM decisions WHERE device_class = '*'")
    assert records == [{"default_backend": "webgpu"}]
    everyone = run(store, SMALL.model_copy(update={"include_automated": True}), now=NOW)
    assert (everyone.visits, everyone.automated) == (28, 0)
    assert [item for item in everyone.outcomes if "memory_gb=4" in item.device_class]


def test_a_model_that_nobody_can_steer_gets_no_decision_and_no_plan(store: Store) -> None:
    insert_sessions(store, NOW - DAY, ARMS, 4, seed=1)
    insert_sessions(store, NOW - DAY, ARMS, 4, seed=2, model="watched", steerable=False)
    summary = run(store, SMALL, now=NOW)
    assert summary.watched == 1
    assert {outcome.model for outcome in summary.outcomes} == {"blazeface"}


def test_a_model_is_steerable_as_its_newest_day_says(store: Store) -> None:
    """One release loads it by config, the next one has it only watched: its old plan is withdrawn, too."""
    insert_sessions(store, NOW - 2 * DAY, ARMS, 4, seed=1)
    run(store, SMALL, now=NOW - DAY)
    assert publish.run(store, PublishSettings(), now=NOW - DAY).publications[0].classes == 1
    insert_sessions(store, NOW - DAY / 2, {"webgpu": (90.0, 2500.0)}, 4, seed=2, steerable=False)
    assert run(store, SMALL, now=NOW).outcomes == []
    assert publish.run(store, PublishSettings(), now=NOW).publications[0].classes == 0
    insert_sessions(store, NOW - DAY / 4, {"webgpu": (90.0, 2500.0)}, 40, seed=3, steerable=False)
    insert_sessions(store, NOW - DAY / 4, {"webgpu": (90.0, 2500.0)}, 3, seed=4)
    assert run(store, SMALL, now=NOW).watched == 1  # three sessions of fifty say otherwise: not enough
    insert_sessions(store, NOW - DAY / 4, {"webgpu": (90.0, 2500.0)}, 10, seed=5)
    assert run(store, SMALL, now=NOW).watched == 0


def test_phones_mostly_on_wasm_do_not_make_webgl_the_best_of_all(store: Store) -> None:
    """wasm is 20 % faster on phones and on desktops; pooled, webgl looks nearly three times as fast."""
    quick = {"wasm-simd": (15.0, 1.0), "webgl": (18.0, 1.0)}
    slow = {"wasm-simd": (80.0, 1.0), "webgl": (96.0, 1.0)}
    for seed, (backend, many) in enumerate((("wasm-simd", False), ("webgl", True))):
        insert_sessions(store, NOW - DAY, {backend: quick[backend]}, 96 if many else 24, seed=seed)
        insert_sessions(
            store, NOW - DAY, {backend: slow[backend]}, 24 if many else 96, seed=seed + 2, **PHONE
        )
    outcomes = {outcome.device_class: outcome for outcome in run(store, SMALL, now=NOW).outcomes}
    assert {outcome.backend for outcome in outcomes.values()} == {"wasm-simd"}
    assert outcomes["*"].state == "committed"
    assert explain(store, "demo", "blazeface", "form=mobile,os=windows").splitlines()[1].startswith("demo /")


def test_sessions_that_no_plan_explains_do_not_take_a_fleet(store: Store) -> None:
    """A plan gives webgpu nothing, and a few sessions come in its name."""
    settings = SMALL.model_copy(update={"exploration": 0.0, "holdback": 0.0, "explore_untried": False})
    both = {"webgl": (20.0, 100.0), "wasm-simd": (8.0, 100.0)}
    insert_sessions(store, NOW - 3 * DAY, both, 20, seed=1, default="webgl")
    run(store, settings, now=NOW - 3 * DAY + timedelta(hours=1))
    published = publish.run(store, PublishSettings(), now=NOW - 2 * DAY, author="ada")
    assert published.publications[0].published
    insert_sessions(store, NOW - DAY, {"wasm-simd": (8.0, 100.0)}, 40, seed=2, default="webgl")
    insert_sessions(store, NOW - DAY, {"webgpu": (0.01, 1.0)}, 6, seed=3, default="webgl")
    run(store, settings, now=NOW)
    text = explain(store, "demo", "blazeface", LEAF)
    assert "share of visitors\n    100.00%  wasm-simd (recommended)" in text
    assert "webgpu: data: 6 session-days with a measured result, 3 needed; plans gave it 6 fewer" in text


def test_a_model_new_to_a_device_is_given_what_another_model_of_the_app_shows_there(store: Store) -> None:
    """The GPU of these phones is slow for the one model; the other has only been seen on desktops."""
    desktop, phone = (
        {"wasm-simd": (40.0, 100.0), "webgl": (10.0, 100.0)},
        {
            "wasm-simd": (10.0, 100.0),
            "webgl": (80.0, 100.0),
        },
    )
    insert_sessions(store, NOW - DAY, desktop, 8, seed=1, default="webgl")
    insert_sessions(store, NOW - DAY, phone, 8, seed=2, default="webgl", **PHONE)
    insert_sessions(store, NOW - DAY, desktop, 8, seed=3, default="webgl", model="facemesh")
    run(store, SMALL, now=NOW)
    assert "webgl (recommended)" in explain(store, "demo", "facemesh", LEAF_OF_PHONE)
    run(store, SMALL, now=NOW + timedelta(minutes=15))
    text = explain(store, "demo", "facemesh", LEAF_OF_PHONE)
    assert "the model blazeface of the same app has: by what they show, wasm-simd is most likely" in text
    assert "wasm-simd (recommended)" in text
    done = publish.run(store, PublishSettings(), now=NOW + timedelta(minutes=16))
    plan = load_active(store, "demo").models(parse("form=mobile,os=android"))["facemesh"]
    assert done.publications[0].published
    assert max(plan.arms, key=lambda arm: arm.probability).backend == "wasm-simd"
