import json
from pathlib import Path

import pytest

from collector.contract.report import Report
from collector.contract.signals import SERIES
from collector.ingest.columns import count_items, join_tables, to_tables
from collector.ingest.number_lists import UnfitLists
from collector.store import SCHEMAS
from tests.unit.ingest.reports import (
    Json,
    a_leak_trace,
    a_race,
    a_report,
    a_window,
    batch,
    batch_of_bodies,
    now_ms,
)

GOLDEN = sorted((Path(__file__).parents[2] / "vectors" / "reports").glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_rows_say_what_the_report_says(path: Path) -> None:
    body = path.read_bytes()
    report = Report.model_validate_json(body)
    tables = to_tables(batch_of_bodies([body], report.sent_at))
    for name, table in tables.items():
        assert table.schema == SCHEMAS[name]
        table.validate(full=True)
    results = sum(len(race.results) for race in report.races)
    rows_of = {name: tables[name].num_rows for name in Report.ITEM_LISTS if name in tables}
    assert rows_of.pop("races", 0) == results
    assert sum(rows_of.values()) == report.item_count() - len(report.races)
    assert count_items(tables) == report.item_count()
    rows = tables["windows"].to_pylist() if "windows" in tables else []
    for row, window in zip(rows, report.windows, strict=True):
        ready = window.ready_ms.decoded() if window.ready_ms else {}
        assert row["ready_buckets"] == list(ready)
        assert row["ready_counts"] == list(ready.values())
        points = window.memory.points() if window.memory else []
        for position, name in enumerate(SERIES):
            told = [point[position] for point in points if point[position] is not None]
            assert row[f"memory_{name}"] == told
        assert row["at"].timestamp() * 1000 == window.started_at
        assert (row["model"], row["backend"], row["variant"]) == (
            window.model,
            window.backend,
            window.variant,
        )
        assert row["browser"] == report.device.browser
        assert (row["automated"], row["steerable"]) == (report.device.automated, window.steerable)
        assert row["nth_load"] == window.nth_load
    loads = tables["loads"].to_pylist() if "loads" in tables else []
    for row, load in zip(loads, report.loads, strict=True):
        names = ("fallback_backends", "fallback_variants", "fallback_errors")
        told = list(zip(*(row[name] for name in names), strict=True))
        assert told == [(taken.backend, taken.variant, taken.error) for taken in load.fallbacks]


def test_both_forms_of_a_histogram_give_their_buckets_side_by_side() -> None:
    forms = [
        ({"buckets": [70, 1, 2], "counts": [5, 95, 500]}, {70: 5, 71: 95, 73: 500}),
        ({"buckets": [70], "counts": [5, 95, -1, 500]}, {70: 5, 71: 95, 73: 500}),
        (None, {}),
        ({"buckets": [0], "counts": [7]}, {0: 7}),
        ({"buckets": [-177], "counts": [1, -561, 2]}, {-177: 1, 385: 2}),
        ({"buckets": [-9], "counts": [1, 2, 3]}, {-9: 1, -8: 2, -7: 3}),
    ]
    windows = [
        a_window(dispatch_ms=histogram) if histogram else a_window() for histogram, _ in forms + forms[::-1]
    ]
    report = a_report(windows=windows)
    rows = to_tables(batch(*[(report["sent_at"], report)] * 2))["windows"].to_pylist()
    told = [dict(zip(row["dispatch_buckets"], row["dispatch_counts"], strict=True)) for row in rows]
    assert told == [counts for _, counts in forms + forms[::-1]] * 2


def test_an_item_not_sent_has_the_contracts_default() -> None:
    window = {"model": "m", "backend": "cpu", "started_at": 1_795_381_260_000, "duration_ms": 1, "count": 1}
    report = a_report(windows=[window])
    del report["device"], report["release"]
    row = to_tables(batch((report["sent_at"], report)))["windows"].to_pylist()[0]
    assert row["variant"] == "original"
    assert row["engine"] == "tfjs"
    assert row["gpu"] == "unknown"
    assert (row["automated"], row["steerable"], row["nth_load"]) == (False, True, 1)
    assert row["ready_method"] == row["release"] == ""
    assert row["tensors_min"] == row["tensors_max"] == row["errors"] == 0
    assert row["dispatch_buckets"] == row["memory_predictions"] == []


def test_a_race_is_a_row_for_each_of_its_arms() -> None:
    first = a_report(races=[a_race(), a_race(model="other", asked="page", input="given", winner=None)])
    second = a_report(session="t" * 22, races=[a_race(steerable=False, engine="litert")])
    tables = to_tables(batch((first["sent_at"], first), (second["sent_at"], second)))
    rows = tables["races"].to_pylist()
    names = ("model", "race", "place", "backend", "outcome", "winner")
    measured, hopeless = ("webgl", "measured"), ("cpu", "hopeless")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("blazeface", 0, 0, *measured, True),
        ("blazeface", 0, 1, *hopeless, False),
        ("other", 1, 0, *measured, False),
        ("other", 1, 1, *hopeless, False),
        ("blazeface", 0, 0, *measured, True),
        ("blazeface", 0, 1, *hopeless, False),
    ]
    assert [row["session"][0] for row in rows] == [*"ssss", *"tt"]
    assert [row["asked"] for row in rows[1:3]] == ["plan", "page"]
    assert [row["input"] for row in rows[1:3]] == ["canary", "given"]
    assert [(row["steerable"], row["engine"]) for row in rows[3:5]] == [(True, "tfjs"), (False, "litert")]
    times = ("start_ms", "load_ms", "first_ms", "ready_ms", "runs", "budget_ms", "spent_ms")
    assert [tuple(row[name] for name in times) for row in rows[:2]] == [
        (30.0, None, None, 12.5, 5, 1500, 812.5),
        (None, None, 400.25, None, 0, 1500, 812.5),
    ]
    assert {row["at"].timestamp() * 1000 for row in rows[:2]} == {first["races"][0]["at"]}
    assert count_items(tables) == 2 + 3


def test_a_leak_trace_is_a_row_with_its_sites_as_they_came() -> None:
    first = a_report(windows=[], leak_traces=[a_leak_trace(), a_leak_trace(model="other", sites=[], loads=7)])
    tables = to_tables(batch((first["sent_at"], first)))
    rows = tables["leak_traces"].to_pylist()
    assert [(row["model"], row["predictions"], row["loads"], row["engine"]) for row in rows] == [
        ("blazeface", 100, 0, "tfjs"),
        ("other", 100, 7, "tfjs"),
    ]
    assert json.loads(rows[0]["sites"]) == first["leak_traces"][0]["sites"]
    assert json.loads(rows[1]["sites"]) == []
    assert count_items(tables) == 2


def test_reports_keep_their_own_device_and_extremes() -> None:
    first = a_report(
        windows=[a_window(), a_window(memory={"predictions": [1], "tensors": [9], "bytes": [1]})]
    )
    second = a_report(session="t" * 22, windows=[a_window(memory=None)])
    second["windows"][0].pop("memory")
    first["windows"][0]["memory"]["tensors_max"] = 400
    table = to_tables(batch((first["sent_at"], first), (second["sent_at"], second)))["windows"]
    assert table.column("session").to_pylist() == ["s" * 22, "s" * 22, "t" * 22]
    assert table.column("tensors_min").to_pylist() == [305, 9, 0]
    assert table.column("tensors_max").to_pylist() == [400, 9, 0]


@pytest.mark.parametrize(
    ("off_by_ms", "skew"), [(0, 0), (4_000, 0), (3_600_000, 3_600_000), (-3_600_000, -3_600_000)]
)
def test_a_clock_that_is_off_is_corrected_and_a_slow_network_is_not(off_by_ms: int, skew: int) -> None:
    report = a_report()
    row = to_tables(batch((report["sent_at"] + off_by_ms, report)))["windows"].to_pylist()[0]
    assert row["clock_skew_ms"] == skew
    assert row["at"].timestamp() * 1000 == report["windows"][0]["started_at"] + skew
    assert row["received_at"].timestamp() * 1000 == report["sent_at"] + off_by_ms


def test_what_the_sdk_dropped_becomes_rows() -> None:
    report = a_report(dropped={"queue_full": 2, "expired": 1})
    table = to_tables(batch((report["sent_at"], report)))["drops"]
    assert [(row["reason"], row["count"]) for row in table.to_pylist()] == [("queue_full", 2), ("expired", 1)]


def test_a_value_no_column_holds_raises_instead_of_wrapping_around() -> None:
    report = a_report(windows=[a_window(ready_ms={"buckets": [40_000], "counts": [1]})])
    with pytest.raises(UnfitLists):
        batch((report["sent_at"], report))
    report = a_report(windows=[a_window(count=1 << 32)])
    with pytest.raises((ValueError, OverflowError)):
        to_tables(batch((report["sent_at"], report)))


def test_windows_are_in_their_tables_order_with_all_that_belongs_to_them() -> None:
    def window(model: str, hours_ago: int, count: int) -> Json:
        return a_window(
            model=model,
            started_at=now_ms() - hours_ago * 3_600_000,
            count=count,
            dispatch_ms={"buckets": [count], "counts": [count] * count},
            memory={"predictions": [count], "tensors": [count], "bytes": [count]} if count % 2 else None,
        )

    reports = [
        a_report(session="t" * 22, windows=[window("b", 1, 1), window("a", 3, 2), window("a", 1, 3)]),
        a_report(session="s" * 22, windows=[window("a", 3, 4), window("a", 1, 5)]),
    ]
    parts = [to_tables(batch((now_ms(), report))) for report in reports]
    rows = join_tables(parts)["windows"].to_pylist()
    assert [(row["model"], row["session"][0], row["count"]) for row in rows] == [
        ("a", "s", 4),
        ("a", "t", 2),
        ("a", "s", 5),
        ("a", "t", 3),
        ("b", "t", 1),
    ]
    for row in rows:
        n = row["count"]
        assert row["dispatch_counts"] == [n] * n
        assert row["dispatch_buckets"] == list(range(n, 2 * n))
        assert row["memory_tensors"] == ([n] if n % 2 else [])
        assert row["tensors_max"] == (n if n % 2 else 0)


def test_a_blocks_tables_are_one_chunk_each_whatever_they_were_joined_of() -> None:
    """The engine makes a block of each chunk, under a token of its own."""
    load = {"model": "blazeface", "backend": "webgl", "at": now_ms(), "load_ms": 4}
    parts = [to_tables(batch((now_ms(), a_report(loads=[load], dropped={"expired": 1})))) for _ in range(5)]
    tables = join_tables(parts)
    assert {name: (table.num_rows, len(table.to_batches())) for name, table in tables.items()} == {
        "windows": (5, 1),
        "loads": (5, 1),
        "drops": (5, 1),
    }
