"""What the layout of ``windows`` rests on: bytes a row, insert speed and query time of its alternatives.

Generates realistic windows (sessions of frame-rate and click apps on a mixed fleet), inserts them in the
order of arrival, merges, and measures. Prints progress on stderr and one JSON line last. The chosen layout
is what ``alembic/versions`` makes; docs/adr/0003-storage-layout.md explains it with these figures.

    python benchmarks/storage.py --rows 300000
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from collector.store import SCHEMAS, Store, open_store
from collector.store.columns import COLUMNS
from collector.store.migrate import upgrade

START = datetime(2026, 9, 7, tzinfo=UTC)  # a Monday
DAYS = 28
BATCH = 10_000
Array = np.ndarray[Any, Any]

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
        ("memory_predictions", "memory_tensors", "memory_bytes", "memory_gpu_bytes"), "Delta, ZSTD(1)"
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
    "app_model_hour_session_at": "(app, model, toStartOfHour(at), session, at)",
}
PARTITIONS = {
    "day": "toDate(received_at)",
    "week": "toMonday(received_at)",
    "month": "toYYYYMM(received_at)",
}
FSYNC = {"off": "", "on": ", fsync_after_insert = 1, fsync_part_directory = 1"}
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
FLEET = [  # os, browser, form, gpu, memory, cores, backend, typical milliseconds
    ("windows", "chromium", "desktop", "intel-gen12", 8, 8, "webgl", 9.0),
    ("windows", "edge", "desktop", "nvidia-ampere", 16, 16, "webgpu", 3.0),
    ("windows", "firefox", "desktop", "unknown", 0, 8, "wasm-simd", 24.0),
    ("macos", "safari", "desktop", "apple", 0, 8, "webgl", 6.0),
    ("android", "chromium", "mobile", "adreno-6xx", 4, 8, "webgl", 21.0),
    ("android", "chromium", "mobile", "mali-g7x", 4, 8, "wasm-simd", 48.0),
    ("ios", "safari", "mobile", "apple", 0, 4, "webgl", 11.0),
    ("linux", "chromium", "desktop", "swiftshader", 8, 4, "wasm-simd-threads", 18.0),
]


def _lists(values: Array, keep: Array, kind: pa.DataType) -> pa.Array:
    """Rows of the matrix ``values`` where ``keep``, as a ListArray (offsets, not Python lists: facts of speed)."""
    offsets = np.concatenate([[0], np.cumsum(keep.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values[keep], kind))


def _histograms(random: np.random.Generator, centre: Array, count: Array) -> tuple[pa.Array, pa.Array]:
    """Bucket indexes and counts of log-normal durations around ``centre`` ms, ``count`` of them a row."""
    middle = np.floor(np.log(centre) / np.log(1.04)).astype(int)
    width = 4.0 + 3.0 * random.random(len(centre))  # log-sd of 0.16 to 0.27
    steps = np.arange(-16, 33)
    share = np.exp(-0.5 * (steps[None, :] / width[:, None]) ** 2) / (width[:, None] * 2.5066)
    share[:, 26:] += 0.0004  # the tail: garbage collection, a busy page
    counts = random.poisson(share * count[:, None])
    counts[np.arange(len(centre)), 16] += counts.sum(axis=1) == 0  # a window has one prediction at least
    return _lists(middle[:, None] + steps[None, :], counts > 0, pa.int16()), _lists(
        counts, counts > 0, pa.uint32()
    )


def _ids(random: np.random.Generator, count: int) -> Array:
    """Random identifiers of 22 characters, as the SDK makes them."""
    letters = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype="S1")
    return letters[random.integers(0, 64, (count, 22))].view("S22").ravel().astype("U22")


def windows(rows: int, seed: int = 1) -> pa.Table:
    """``rows`` windows in the order of arrival, over four weeks, for ``Store.insert('windows', ...)``."""
    random = np.random.default_rng(seed)
    sessions = max(1, rows // 8)
    lengths = random.geometric(1 / 8, sessions)
    of = np.repeat(np.arange(sessions), lengths)[:rows]
    while len(of) < rows:
        of = np.append(of, random.integers(0, sessions, rows - len(of)))
    of.sort()
    nth = np.arange(rows) - np.searchsorted(of, of)
    device = random.choice(len(FLEET), sessions, p=[0.26, 0.08, 0.07, 0.12, 0.17, 0.08, 0.17, 0.05])[of]
    app = random.choice(3, sessions, p=[0.6, 0.3, 0.1])[of]
    frames = app == 0  # 'video' runs at frame rate, the others on a click
    ids = _ids(random, sessions)[of]
    batch = _ids(random, rows)
    batch[1:] = np.where(
        (nth[1:] % 2 == 1) & (of[1:] == of[:-1]), batch[:-1], batch[1:]
    )  # two windows a report
    opened = (
        random.integers(0, DAYS * 86_400_000, sessions)[of] + nth * 60_000 + random.integers(0, 400, rows)
    )
    skew = (random.normal(0, 1, sessions) * 900).astype(np.int64)[of]
    received = opened + 60_000 + random.integers(50, 4_000, rows) + (nth % 2 == 0) * 60_000
    typical = np.array([kind[7] for kind in FLEET])[device] * np.exp(random.normal(0, 0.25, sessions))[of]
    count = np.where(frames, random.integers(600, 1801, rows), random.integers(1, 25, rows))
    dispatch = _histograms(random, np.maximum(typical * 0.2, 0.05), count)
    ready = _histograms(random, typical, count)
    sampled = count // 1_000
    kernel = _histograms(random, typical * 0.8, np.maximum(sampled, 1))
    points = np.minimum(16, np.maximum(2, count // 100))
    place = np.arange(16)[None, :]
    keep = place < points[:, None]
    predictions = (nth * 1200)[:, None] + (place * count[:, None]) // points[:, None]
    leaking = (random.random(sessions) < 0.03)[of]
    tensors = random.integers(80, 400, sessions)[of][:, None] + leaking[:, None] * predictions
    held = tensors * 4096
    on_gpu = np.isin(device, [0, 1, 3, 4, 6])
    order = np.argsort(received, kind="stable")

    def fact(position: int) -> list[Any]:
        return [FLEET[index][position] for index in device]

    base = int(START.timestamp() * 1000)
    columns: dict[str, Any] = {
        "app": np.array(["video", "shop", "lab"])[app],
        "at": opened + base,
        "received_at": received + base,
        "release": np.array(["1.4.0", "1.4.1", "1.5.0"])[(opened // (10 * 86_400_000)).clip(0, 2)],
        "session": ids,
        "batch_id": batch,
        "sdk": np.full(rows, "js/0.1.0"),
        "os": fact(0),
        "browser": fact(1),
        "browser_major": 140 + device % 3 + (opened // (14 * 86_400_000)),
        "form": fact(2),
        "gpu": fact(3),
        "memory_gb": fact(4),
        "cores": fact(5),
        "wasm_simd": np.full(rows, True),
        "wasm_threads": device == 7,
        "webgl": np.full(rows, 2),
        "webgpu": device == 1,
        "clock_skew_ms": skew + random.integers(-20, 20, rows),
        "model": np.array(["blazeface", "mobilenet", "movenet"])[(of + app) % 3],
        "variant": np.where(of % 4 == 0, "float16", "original"),
        "backend": fact(6),
        "engine": np.full(rows, "tfjs"),
        "duration_ms": np.where(
            frames, 60_000 + random.integers(0, 40, rows), random.integers(200, 60_000, rows)
        ),
        "count": count,
        "errors": random.random(rows) < 0.01,
        "threads": np.where(device == 7, 4, 0),
        "dispatch_buckets": dispatch[0],
        "dispatch_counts": dispatch[1],
        "ready_buckets": ready[0],
        "ready_counts": ready[1],
        "ready_method": np.where(on_gpu, "read", "return"),
        "kernel_buckets": kernel[0],
        "kernel_counts": kernel[1],
        "kernel_method": np.where(on_gpu, "gpu_timer", "wall"),
        "memory_predictions": _lists(predictions, keep, pa.uint32()),
        "memory_tensors": _lists(tensors, keep, pa.uint64()),
        "memory_bytes": _lists(held, keep, pa.uint64()),
        "memory_gpu_bytes": _lists(held, keep & on_gpu[:, None], pa.uint64()),
        "tensors_min": tensors.min(axis=1),
        "tensors_max": tensors.max(axis=1),
    }
    arrays = [
        value if isinstance(value, pa.Array) else pa.array(value).cast(field.type)
        for field, value in zip(
            SCHEMAS["windows"], (columns[field.name] for field in SCHEMAS["windows"]), strict=True
        )
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMAS["windows"]).take(pa.array(order))


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
    """Rows that a time range makes the engine read, with granules of 256 rows: as if the table were 32 times as long."""
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


def run(rows: pa.Table, folder: Path) -> dict[str, Any]:
    """Every alternative, one axis at a time around the chosen layout, then the table as migrated."""
    dsn = f"chdb://{folder / 'engine'}"
    upgrade(dsn)
    with open_store(dsn) as store:
        migrated = {
            **fill(store, rows),
            "bytes_per_row": round(sizes(store)["all"], 1),
            "query_ms": time_queries(store),
        }
        order, partition = ORDERS["app_day_model_session_at"], PARTITIONS["week"]
        return {
            "migrated": migrated,
            "codecs": {
                name: measure(store, rows, name, codecs=codecs, order=order, partition=partition)
                for name, codecs in CODECS.items()
            },
            "orders": {
                name: measure(store, rows, name, codecs=DELTAS, order=candidate, partition=partition)
                for name, candidate in ORDERS.items()
            },
            "rows_read": {name: rows_read(store, rows, candidate) for name, candidate in ORDERS.items()},
            "partitions": {
                name: measure(store, rows, name, codecs=DELTAS, order=order, partition=candidate)
                for name, candidate in PARTITIONS.items()
            },
            "fsync": {
                name: measure(
                    store, rows, name, codecs=DELTAS, order=order, partition=partition, settings=extra
                )
                for name, extra in FSYNC.items()
            },
        }


def main() -> None:
    """Runs the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=300_000, help="windows to generate")
    parser.add_argument("--folder", type=Path, help="where the engine writes; default a temporary folder")
    arguments = parser.parse_args()
    began = time.perf_counter()
    rows = windows(arguments.rows)
    print(f"{rows.num_rows} windows, {rows.nbytes / rows.num_rows:.0f} B each in memory", file=sys.stderr)
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="inferfleet-storage-"))
    try:
        figures = run(rows, folder)
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder)
    total_s = round(time.perf_counter() - began, 1)
    print(json.dumps({"benchmark": "storage", "rows": rows.num_rows, **figures, "total_s": total_s}))


if __name__ == "__main__":
    main()
