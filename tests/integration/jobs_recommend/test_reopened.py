"""A new browser major, from stored telemetry to the record, and to what the next run makes of it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from collector.jobs.recommend import RecommendSettings, explain, run
from collector.jobs.recommend.reading.races import load_races
from collector.jobs.recommend.reading.visits import read_cells, read_visits
from collector.jobs.recommend.record import DecisionRecord, read_reopened
from collector.store import Store
from tests.integration.jobs_recommend.rows import insert, race, window

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LEAF = "form=desktop,os=linux,browser=chromium,gpu=swiftshader,memory_gb=8,cores=2"
SETTINGS = RecommendSettings()
ASKED = {"app": "demo", "since": NOW - 14 * DAY, "until": NOW, "include_automated": False}
MEANS = {"wasm-simd": 10.0, "webgl": 12.5}
FACTS = {"webgpu": False, "wasm_threads": False, "engine": "tfjs", "sdk": "js/1.0.0"}


def insert_spread(store: Store, backend: str, count: int, first: datetime, major: int) -> None:
    """Sessions spread over a day, one prediction each."""
    random = np.random.default_rng([count, major])
    rows = [
        window(
            f"session-{backend}-{major}-{number:04d}",
            backend,
            first + number * DAY / count,
            [MEANS[backend] * random.lognormal(0, 0.3)],
            browser_major=major,
            **FACTS,
        )
        for number in range(count)
    ]
    insert(store, "windows", rows)
    insert(store, "exposures", [row | {"source": "default"} for row in rows if backend == "webgl"])


def newest(store: Store) -> DecisionRecord:
    rows = [row for row in store.query("recommend_latest", app="demo") if row["device_class"] == LEAF]
    return DecisionRecord.model_validate_json(rows[0]["record"])


def test_a_session_day_tells_when_it_came_and_what_it_ran_on(store: Store) -> None:
    late = window("session-0000000001", "webgl", NOW - DAY, [5.0], **FACTS)
    early = late | {"received_at": NOW - 2 * DAY, "browser_major": 155}
    # An incident knows no engine, and says nothing of what the session ran on.
    insert(store, "windows", [late, early])
    insert(store, "incidents", [late | {"kind": "hang", "received_at": NOW}])
    (found,) = read_visits(store, read_cells(store, {}, ASKED), SETTINGS, ASKED)
    days = found.visits
    assert days.seen_at.tolist() == [(NOW - 2 * DAY).timestamp()]
    assert [days.version_sets[number] for number in days.versions] == [("156", "tfjs", "js/1.0.0")]


def test_a_race_tells_when_it_arrived(store: Store) -> None:
    insert(store, "races", race("session-0000000001", NOW - DAY, {"webgl": 12.0, "wasm-simd": 10.0}))
    span = {"app": "demo", "since": NOW - 14 * DAY, "until": NOW}
    (found,) = load_races(store, SETTINGS, **span)["blazeface"]
    assert found.arrived == NOW - DAY + timedelta(seconds=1)


def test_what_an_older_sdk_does_not_tell_is_empty(store: Store) -> None:
    insert(store, "windows", [window("session-0000000001", "webgl", NOW - DAY, [5.0], browser_major=0)])
    (found,) = read_visits(store, read_cells(store, {}, ASKED), SETTINGS, ASKED)
    assert found.visits.version_sets == [("", "", "")]


def test_a_new_browser_major_opens_a_class_until_its_arms_ran_on_it(store: Store) -> None:
    for backend in MEANS:
        insert_spread(store, backend, 150, NOW - 3 * DAY, 155)
    run(store, SETTINGS, now=NOW - 2 * DAY)
    assert newest(store).state == "committed"
    insert_spread(store, "wasm-simd", 90, NOW - 2 * DAY, 156)
    run(store, SETTINGS, now=NOW - DAY)
    opened = newest(store)
    assert opened.state == "exploring"
    assert opened.recommended == ("wasm-simd", "original")
    assert opened.race is not None
    told = explain(store, "demo", "blazeface", LEAF)
    assert "since 2026-11-18 12:00 UTC most visitors run chromium 156" in told
    insert_spread(store, "webgl", 60, NOW - DAY, 156)
    run(store, SETTINGS, now=NOW)
    settled = newest(store)
    assert settled.state == "committed"
    assert settled.recommended == ("wasm-simd", "original")
    run(store, SETTINGS, now=NOW + timedelta(minutes=15))
    assert newest(store).state == "committed"


@pytest.mark.parametrize("stored", ["{}", '{"reopened":null}'])
def test_records_of_older_builds_are_read(stored: str) -> None:
    assert read_reopened(stored) is None
