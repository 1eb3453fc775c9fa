"""What the layout of ``windows`` rests on: bytes a row, insert speed and query time of its alternatives.

Generates realistic windows (``storage_rows``), inserts them in the order of arrival, merges, and measures.
Prints progress on stderr and one JSON line last. The chosen layout is what ``alembic/versions`` makes;
docs/adr/0003-storage-layout.md explains it with these figures.

    python benchmarks/storage.py --rows 300000
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.storage_rows import windows
from collector.store import Store, open_store
from collector.store.columns import COLUMNS
from collector.store.migrate import upgrade

BATCH = 10_000

NONE: dict[str, str] = {}
ZSTD1 = {column.name: "ZSTD(1)" for column in COLUMNS["windows"]}
TIMES = {"at": "DoubleDelta, ZSTD(1)", "received_at": "DoubleDelta, ZSTD(1)"}
DELTAS = {
    **ZSTD1,
    "at": "Delta, ZSTD(1)",
    "received_at": "Delta, ZSTD(1)",
    "clock_skew_ms": "Delta, ZSTD(1)",
    **dict.fromkeys(("dispatch_buckets", "ready_buckets", "kernel_buckets"), "Delta, ZSTD(1)"),
    **dict.fromkeys(("dispatch_counts", "ready_counts", "kernel_counts"), "T64, ZSTD(1)"),
    **dict.fromkeys(
        (
            "memory_predictions",
            "memory_tensors",
            "memory_bytes",
            "memory_gpu_bytes",
            "memory_gpu_allocated_bytes",
            "memory_heap_bytes",
        ),
        "Delta, ZSTD(1)",
    ),
}
DOUBLE = {**DELTAS, **TIMES, "memory_predictions": "DoubleDelta, ZSTD(1)"}
ZSTD3 = {name: codec.replace("ZSTD(1)", "ZSTD(3)") for name, codec in DELTAS.items()}
CODECS = {
    "lz4": NONE,
    "zstd1": ZSTD1,
    "delta_zstd1": DELTAS,
    "doubledelta_zstd1": DOUBLE,
    "delta_zstd3": ZSTD3,
}

ORDERS = {
    "app_at": "(app, at)",
    "app_model_at": "(app, model, at)",
    "app_model_session_at": "(app, model, session, at)",
    "app_day_model_session_at": "(app, toDate(at), model, session, at)",
    "app_hour_model_session_at": "(app, toStartOfHour(at), model, session, at)",
    "app_day_model_session": "(app, toDate(at), model, session)",
    "app_hour_model_session": "(app, toStartOfHour(at), model, session)",
    "app_model_hour_session": "(app, model, toStartOfHour(at), session)",
}
PARTITIONS = {
    "day": "toDate(received_at)",
    "week": "toMonday(received_at)",
    "month": "toYYYYMM(received_at)",
}
SETTINGS = {"no_fsync": "", "fsync": ", fsync_after_insert = 1, fsync_part_directory = 1"}
AXES = ["codecs", "order", "partition", "settings"]
QUANTILE = "exp((quantilesExactWeighted(0.5, 0.95)(bucket, n)[1] + 0.5) * log(1.04))"
QUERIES = {
    "quantiles_by_backend_1d": f"""
        SELECT model, backend, {QUANTILE} AS p50 FROM windows ARRAY JOIN ready_buckets AS bucket,
        ready_counts AS n WHERE app = 'video' AND at >= toDateTime64('2026-10-01 00:00:00', 3, 'UTC')
          AND at < toDateTime64('2026-10-02 00:00:00', 3, 'UTC') GROUP BY model, backend""",
    "hourly_series_7d": f"""
        SELECT toStartOfHour(at) AS hour, {QUANTILE} AS p50
        FROM windows ARRAY JOIN ready_buckets AS bucket, ready_counts AS n
        WHERE app = 'video' AND model = 'blazeface' AND at >= toDateTime64('2026-09-24 00:00:00', 3, 'UTC')
          AND at < toDateTime64('2026-10-01 00:00:00', 3, 'UTC') GROUP BY hour""",
    "per_session_28d": f"""
        SELECT form, os, browser, gpu, backend, session, {QUANTILE} AS p50
        FROM windows ARRAY JOIN ready_buckets AS bucket, ready_counts AS n
        WHERE app = 'video' AND model = 'blazeface' GROUP BY form, os, browser, gpu, backend, session""",
    "leak_series_2d": """
        SELECT session, groupArray((at, memory_predictions, memory_tensors)) FROM windows
        WHERE app = 'video' AND model = 'blazeface' AND at >= toDateTime64('2026-09-29 00:00:00', 3, 'UTC')
          AND at < toDateTime64('2026-10-01 00:00:00', 3, 'UTC') GROUP BY session""",
    "predictions_by_app_28d": "SELECT app, sum(count), sum(errors), uniq(session) FROM windows GROUP BY app",
}


def lay_out(store: Store, *, codecs: dict[str, str], order: str, partition: str, settings: str = "") -> None:
    """Makes ``windows`` anew in another layout."""
    columns = ", ".join(
        f"{name} {kind}" + (f" CODEC({codecs[name]})" if name in codecs else "")
        for name, kind in COLUMNS["windows"]
    )
    store.execute("DROP TABLE windows SYNC")
    store.execute(
        f"CREATE TABLE windows ({columns}) ENGINE = MergeTree PARTITION BY {partition} ORDER BY {order} "
        f"SETTINGS non_replicated_deduplication_window = 10000{settings}"
    )


def fill(store: Store, rows: pa.Table) -> dict[str, float]:
    """Inserts in batches, as the drainer does. Rows a second, and CPU microseconds a row (all threads)."""
    began, cpu = time.perf_counter(), time.process_time()
    for offset in range(0, rows.num_rows, BATCH):
        store.insert("windows", rows.slice(offset, BATCH), token=f"{offset}")
    return {
        "insert_rows_per_s": round(rows.num_rows / (time.perf_counter() - began)),
        "insert_cpu_us_per_row": round((time.process_time() - cpu) / rows.num_rows * 1e6, 2),
    }


def rows_read(store: Store, rows: pa.Table, order: str) -> dict[str, int]:
    """Rows that a time range makes the engine read, in granules of 256 rows: as in a 32 times longer one."""
    lay_out(
        store, codecs=NONE, order=order, partition=PARTITIONS["week"], settings=", index_granularity = 256"
    )
    fill(store, rows)
    store.execute("OPTIMIZE TABLE windows FINAL")
    return {
        name: sum(row["rows"] for row in store.query_sql(f"EXPLAIN ESTIMATE {QUERIES[name]}"))
        for name in ("quantiles_by_backend_1d", "hourly_series_7d", "leak_series_2d")
    }


def sizes(store: Store) -> dict[str, float]:
    """Compressed bytes a row: all columns, and each."""
    # Small parts keep all columns in one file and so tell no column's size.
    store.execute("ALTER TABLE windows MODIFY SETTING min_bytes_for_wide_part = 0")
    store.execute("OPTIMIZE TABLE windows FINAL")
    rows = store.query_sql(
        "SELECT column, sum(column_data_compressed_bytes) AS bytes, sum(rows) AS n FROM system.parts_columns "
        "WHERE database = currentDatabase() AND table = 'windows' AND active GROUP BY column"
    )
    each = {row["column"]: row["bytes"] / row["n"] for row in rows}
    return {"all": sum(each.values()), **dict(sorted(each.items(), key=lambda pair: -pair[1]))}


def time_queries(store: Store, repeats: int = 5) -> dict[str, float]:
    """Milliseconds of each typical query: the median of ``repeats`` on a warm cache."""
    answer = {}
    for name, sql in QUERIES.items():
        took = []
        for _ in range(repeats):
            began = time.perf_counter()
            store.query_sql(sql)
            took.append((time.perf_counter() - began) * 1000)
        answer[name] = round(sorted(took)[repeats // 2], 1)
    return answer


def measure(store: Store, rows: pa.Table, name: str, **layout: Any) -> dict[str, Any]:
    """One layout's figures."""
    lay_out(store, **layout)
    speed = fill(store, rows)
    each = sizes(store)
    figures = {
        **speed,
        "bytes_per_row": round(each["all"], 1),
        "columns": {name: round(size, 2) for name, size in each.items() if name != "all"},
        "query_ms": time_queries(store),
    }
    print(name, {**figures, "columns": "..."}, file=sys.stderr)
    return figures


def run(rows: pa.Table, folder: Path, axes: list[str]) -> dict[str, Any]:
    """The table as migrated, then each axis's alternatives around the chosen layout."""
    chosen = {"codecs": DELTAS, "order": ORDERS["app_model_hour_session"], "partition": PARTITIONS["week"]}
    alternatives: dict[str, dict[str, Any]] = {
        "codecs": CODECS,
        "order": ORDERS,
        "partition": PARTITIONS,
        "settings": SETTINGS,
    }
    dsn = f"chdb://{folder / 'engine'}"
    upgrade(dsn)
    with open_store(dsn) as store:
        figures: dict[str, Any] = {
            "migrated": {
                **fill(store, rows),
                "bytes_per_row": round(sizes(store)["all"], 1),
                "query_ms": time_queries(store),
            }
        }
        for axis in axes:
            figures[axis] = {
                name: measure(store, rows, name, **{**chosen, axis: value})
                for name, value in alternatives[axis].items()
            }
        if "order" in axes:
            figures["rows_read"] = {name: rows_read(store, rows, order) for name, order in ORDERS.items()}
    return figures


def main() -> None:
    """Runs the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=300_000, help="windows to generate")
    parser.add_argument("--folder", type=Path, help="where the engine writes; default a temporary folder")
    parser.add_argument("--axes", nargs="*", choices=AXES, default=AXES, help="what to vary; default all")
    arguments = parser.parse_args()
    began = time.perf_counter()
    rows = windows(arguments.rows)
    print(f"{rows.num_rows} windows, {rows.nbytes / rows.num_rows:.0f} B each in memory", file=sys.stderr)
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="inferfleet-storage-"))
    try:
        figures = run(rows, folder, arguments.axes)
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder)
    total_s = round(time.perf_counter() - began, 1)
    print(json.dumps({"benchmark": "storage", "rows": rows.num_rows, **figures, "total_s": total_s}))


if __name__ == "__main__":
    main()
