import json
from pathlib import Path

import pytest

from collector.contract.report import Report
from collector.ingest.columns import SpooledReport, to_tables
from collector.store import SCHEMAS
from tests.unit.ingest.reports import a_report, a_window

GOLDEN = sorted((Path(__file__).parents[2] / "vectors" / "reports").glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_rows_say_what_the_report_says(path: Path) -> None:
    body = path.read_bytes()
    report = Report.model_validate_json(body)
    tables = to_tables([SpooledReport(report.sent_at, json.loads(body))])
    for name, table in tables.items():
        assert table.schema == SCHEMAS[name]
        table.validate(full=True)
    assert sum(tables[name].num_rows for name in Report.ITEM_LISTS if name in tables) == report.item_count()
    rows = tables["windows"].to_pylist() if "windows" in tables else []
    for row, window in zip(rows, report.windows, strict=True):
        ready = window.ready_ms.decoded() if window.ready_ms else {}
        assert row["ready_buckets"] == list(ready)
        assert row["ready_counts"] == list(ready.values())
        points = window.memory.points() if window.memory else []
        assert row["memory_predictions"] == [point[0] for point in points]
        assert row["memory_tensors"] == [point[1] for point in points]
        assert row["memory_bytes"] == [point[2] for point in points]
        assert row["memory_gpu_bytes"] == [point[3] for point in points if point[3] is not None]
        assert row["at"].timestamp() * 1000 == window.started_at
        assert (row["model"], row["backend"], row["variant"]) == (
            window.model,
            window.backend,
            window.variant,
        )
        assert row["browser"] == report.device.browser


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
    rows = to_tables([SpooledReport(report["sent_at"], report)] * 2)["windows"].to_pylist()
    told = [dict(zip(row["dispatch_buckets"], row["dispatch_counts"], strict=True)) for row in rows]
    assert told == [counts for _, counts in forms + forms[::-1]] * 2


def test_an_item_not_sent_has_the_contracts_default() -> None:
    window = {"model": "m", "backend": "cpu", "started_at": 1_795_381_260_000, "duration_ms": 1, "count": 1}
    report = a_report(windows=[window])
    del report["device"], report["release"]
    row = to_tables([SpooledReport(report["sent_at"], report)])["windows"].to_pylist()[0]
    assert row["variant"] == "original"
    assert row["engine"] == "tfjs"
    assert row["gpu"] == "unknown"
    assert row["ready_method"] == row["release"] == ""
    assert row["tensors_min"] == row["tensors_max"] == row["errors"] == 0
    assert row["dispatch_buckets"] == row["memory_predictions"] == []


def test_reports_keep_their_own_device_and_extremes() -> None:
    first = a_report(
        windows=[a_window(), a_window(memory={"predictions": [1], "tensors": [9], "bytes": [1]})]
    )
    second = a_report(session="t" * 22, windows=[a_window(memory=None)])
    second["windows"][0].pop("memory")
    first["windows"][0]["memory"]["tensors_max"] = 400
    table = to_tables([SpooledReport(first["sent_at"], first), SpooledReport(second["sent_at"], second)])[
        "windows"
    ]
    assert table.column("session").to_pylist() == ["s" * 22, "s" * 22, "t" * 22]
    assert table.column("tensors_min").to_pylist() == [305, 9, 0]
    assert table.column("tensors_max").to_pylist() == [400, 9, 0]


@pytest.mark.parametrize(
    ("off_by_ms", "skew"), [(0, 0), (4_000, 0), (3_600_000, 3_600_000), (-3_600_000, -3_600_000)]
)
def test_a_clock_that_is_off_is_corrected_and_a_slow_network_is_not(off_by_ms: int, skew: int) -> None:
    report = a_report()
    row = to_tables([SpooledReport(report["sent_at"] + off_by_ms, report)])["windows"].to_pylist()[0]
    assert row["clock_skew_ms"] == skew
    assert row["at"].timestamp() * 1000 == report["windows"][0]["started_at"] + skew
    assert row["received_at"].timestamp() * 1000 == report["sent_at"] + off_by_ms


def test_what_the_sdk_dropped_becomes_rows() -> None:
    report = a_report(dropped={"queue_full": 2, "expired": 1})
    table = to_tables([SpooledReport(report["sent_at"], report)])["drops"]
    assert [(row["reason"], row["count"]) for row in table.to_pylist()] == [("queue_full", 2), ("expired", 1)]


def test_a_value_no_column_holds_raises_instead_of_wrapping_around() -> None:
    report = a_report(windows=[a_window(ready_ms={"buckets": [40_000], "counts": [1]})])
    with pytest.raises(ValueError, match="not in range"):
        to_tables([SpooledReport(report["sent_at"], report)])
