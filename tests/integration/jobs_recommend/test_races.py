"""Races as a decision reads them, from a real embedded engine."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.contract.device_class import leaf
from collector.contract.vocabulary import Backend, RaceAsk, RaceOutcome
from collector.ingest.columns import to_tables
from collector.jobs.recommend import RecommendSettings
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.inputs import Race, RacedArm
from collector.jobs.recommend.reading.races import load_races
from collector.store import Store
from tests.integration.jobs_recommend.rows import DEVICE, insert, race
from tests.unit.ingest.reports import batch_of_bodies

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
AT = NOW - DAY
TWO = {"webgl": 12.0, "wasm-simd": 8.0}
GOLDEN = Path(__file__).parents[2] / "vectors" / "reports" / "v1-0.1.0-races.json"


def loaded(store: Store, app: str = "demo", **settings: Any) -> dict[str, list[Race]]:
    return load_races(store, RecommendSettings(**settings), app=app, since=NOW - 14 * DAY, until=NOW)


def sessions(races: list[Race]) -> list[str]:
    return sorted(one.session for one in races)


def times(race: Race) -> dict[ArmKey, float | None]:
    """The warm times of the arms that a race compares."""
    return {arm: found.ready_ms for arm, found in race.timed().items()}


def test_a_race_that_a_page_reported_is_read_with_its_arms_in_order(store: Store) -> None:
    received = datetime(2026, 11, 19, 8, tzinfo=UTC)
    body = GOLDEN.read_bytes().replace(b'"golden"', b'"demo"')
    sent = 1_795_381_260_000
    moved = int(received.timestamp() * 1000) - sent
    body = body.replace(str(sent).encode(), str(sent + moved).encode())
    for old in (1_795_381_258_400, 1_795_381_256_800, 1_795_381_258_500):
        body = body.replace(str(old).encode(), str(old + moved).encode())
    for table, rows in to_tables(batch_of_bodies([body], sent + moved)).items():
        store.insert(table, rows)

    races = loaded(store)
    assert sorted(races) == ["blazeface", "movenet"]
    [first] = races["blazeface"]
    threads = Backend.WASM_SIMD_THREADS
    original, half = ArmKey(threads, "original"), ArmKey(threads, "float16")
    measured, webgl = RaceOutcome.MEASURED, ArmKey(Backend.WEBGL, "original")
    assert list(first.arms.items()) == [
        (ArmKey(Backend.WEBGPU, "original"), RacedArm(RaceOutcome.FAILED)),
        (original, RacedArm(measured, ready_ms=4.25, start_ms=88.5 + 46.25 + 14.5, won=True)),
        (half, RacedArm(measured, ready_ms=4.5, start_ms=88.5 + 44.75 + 14.25)),
        (webgl, RacedArm(RaceOutcome.WRONG, ready_ms=9.75, start_ms=120.75 + 61.5 + 402.25)),
        (ArmKey(Backend.WASM_SIMD, "original"), RacedArm(RaceOutcome.LATE)),
        (ArmKey(Backend.CPU, "original"), RacedArm(RaceOutcome.HOPELESS, start_ms=1.5 + 38.25 + 171.25)),
    ]
    assert first.winner == original
    cpu = ArmKey(Backend.CPU, "original")
    assert times(first) == {original: 4.25, half: 4.5, cpu: None}  # hopeless by its start alone
    facts = {"form": "desktop", "os": "windows", "browser": "chromium", "gpu": "intel-gen12"}
    assert first.device == leaf({**facts, "memory_gb": "8", "cores": "8"})
    assert (first.session, first.day, first.release) == (
        "Kt52dV9cPq7wN5mKd2RtYa",
        received.date(),
        "2026.11.3",
    )
    assert first.asked is RaceAsk.PLAN
    assert first.capable == set(Backend) - {Backend.WEBNN, Backend.OTHER}
    [second] = races["movenet"]
    assert (second.winner, times(second), second.asked) == (None, {}, RaceAsk.PAGE)


def test_a_session_has_one_race_a_day_and_model_and_it_is_the_first_that_arrived(store: Store) -> None:
    late, early = {"received_at": AT + 2 * MINUTE}, {"received_at": AT + MINUTE}
    insert(
        store,
        "races",
        [
            *race("one", AT, {"webgl": 1.0, "cpu": 99.0}, batch_id="b2", **late),
            *race("one", AT, {"webgl": 5.0, "cpu": 6.0}, batch_id="b1", race=1, **early),
            *race("one", AT, {"webgl": 20.0, "cpu": 4.0}, batch_id="b1", race=0, **early),
            *race("one", AT - DAY, {"webgl": 30.0, "cpu": 3.0}, batch_id="b0", **late),
            *race("one", AT, {"webgl": 40.0, "cpu": 2.0}, batch_id="b2", race=1, model="other", **late),
            # Says that it is of another device: the session's vote was cast.
            *race("one", AT, {"webgl": 1.0, "cpu": 50.0}, batch_id="b3", **{**DEVICE, "cores": 16}, **late),
        ],
    )
    races = loaded(store)
    webgl = ArmKey(Backend.WEBGL, "original")
    assert sorted((one.day, one.arms[webgl].ready_ms) for one in races["blazeface"]) == [
        ((AT - DAY).date(), 30.0),
        (AT.date(), 20.0),
    ]
    assert [one.arms[webgl].ready_ms for one in races["other"]] == [40.0]


def test_races_of_programs_of_other_apps_and_of_before_are_left_out(store: Store) -> None:
    insert(
        store,
        "races",
        [
            *race("visitor", AT, TWO),
            *race("program", AT, TWO, automated=True),
            *race("old", NOW - 15 * DAY, TWO),
            *race("elsewhere", AT, TWO, app="other"),
        ],
    )
    assert sessions(loaded(store)["blazeface"]) == ["visitor"]
    assert sessions(loaded(store, include_automated=True)["blazeface"]) == ["program", "visitor"]
    assert sessions(loaded(store, "other")["blazeface"]) == ["elsewhere"]
    assert loaded(store, "nobody") == {}


def test_races_are_bounded_for_each_leaf_class_and_model(store: Store) -> None:
    """One busy kind of device takes no room from another, and which races stay is the collector's choice."""
    rows = [row for n in range(40) for row in race(f"busy-{n:02d}", AT + n * MINUTE, TWO)]
    rows += [row for n in range(40) for row in race(f"also-{n:02d}", AT + n * MINUTE, TWO, model="other")]
    rows += [row for n in range(3) for row in race(f"rare-{n}", AT, TWO, **{**DEVICE, "cores": 16})]
    insert(store, "races", rows)
    races = loaded(store, votes_per_arm=100)
    busy = [name for name in sessions(races["blazeface"]) if name.startswith("busy")]
    assert len(busy) == 10
    assert busy != [f"busy-{n:02d}" for n in range(10)]
    assert [name for name in sessions(races["blazeface"]) if name.startswith("rare")] == [
        "rare-0",
        "rare-1",
        "rare-2",
    ]
    assert len(races["other"]) == 10
    assert loaded(store, votes_per_arm=100) == races
    assert len(loaded(store)["blazeface"]) == 43
    assert all(len(one.arms) == 2 for one in races["blazeface"])


@pytest.mark.parametrize("winner", [0, 1, 2])
def test_an_arm_that_ran_under_two_names_is_one_arm(store: Store, winner: int) -> None:
    """What won counts; else what was measured, and of two of those the first."""
    rows = [
        {**row, "backend": "wasm-simd", "place": place, "winner": place == winner, "start_ms": 50.0 + place}
        for place, row in enumerate(race("one", AT, {"cpu": None, "wasm": 8.0, "wasm-simd": 9.0}))
    ]
    rows[0] |= {"backend": "webgl", "outcome": "measured", "ready_ms": 3.0}
    rows.insert(1, {**rows[1], "place": 3, "outcome": "late", "ready_ms": None, "winner": False})
    insert(store, "races", rows)
    [one] = loaded(store)["blazeface"]
    simd, webgl = ArmKey(Backend.WASM_SIMD, "original"), ArmKey(Backend.WEBGL, "original")
    assert times(one) == {webgl: 3.0, simd: 9.0 if winner == 2 else 8.0}
    assert one.winner == (simd if winner else webgl)


@pytest.mark.parametrize("failed", ["webgl", "wasm-simd"])
def test_an_arm_that_failed_has_no_time_and_no_victory(store: Store, failed: str) -> None:
    insert(store, "races", race("one", AT, {**TWO, failed: None}))
    [one] = loaded(store)["blazeface"]
    other = next(name for name in TWO if name != failed)
    assert one.arms[ArmKey(Backend(failed), "original")] == RacedArm(RaceOutcome.FAILED)
    assert one.winner == ArmKey(Backend(other), "original")
    assert times(one) == {ArmKey(Backend(other), "original"): TWO[other]}
