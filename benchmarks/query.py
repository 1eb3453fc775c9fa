"""What every question to the store costs, on a million windows and on ten: ``make bench-query``.

The named queries of ``collector/store/queries`` as the jobs ask them, and the panels of the fleet page and of
Grafana over a day and over a month, each in one app of six windows in ten. Times are a caller's, rows too (a
job's come as columns, by one thread), on a warm cache; rows and bytes read are the engine's own counters
(uncompressed bytes of the columns read). ``cpu_ms`` is of all threads, and the figure to compare by on a
machine that others use, too. ``growth`` is of ``cpu_ms``, from the smaller size to the larger. The page's
time limit is lifted, so that what is over it is measured as well; ``over_page_limit`` names those panels.

    BENCH_QUERY_WINDOWS=1000000 BENCH_QUERY_BASE=100000 make bench-query    # a quick one
"""

import argparse
import json
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import query_rows
from benchmarks.query_cases import MODEL, Case, cases
from collector.api.fleet.answer import MAX_SECONDS
from collector.jobs.leaks.loading import split_sessions
from collector.jobs.recommend.reading.visits import lot_limits, read_cells
from collector.jobs.recommend.settings import RecommendSettings
from collector.store import Store, StoreError, open_store
from collector.store.migrate import upgrade
from collector.store.retention import EVENT_TABLES

FEWEST, MOST = 5, 40
SECONDS = 2.0
"""A query runs until this much time is used, at least ``FEWEST`` and at most ``MOST`` times."""


def measure(store: Store, case: Case) -> dict[str, Any]:
    """p50 and p95 of the time, CPU of all threads, rows and bytes read, rows answered."""
    _ask(store, case)
    start = _counters(store)
    before = _counters(store)
    answered = _ask(store, case)
    after = _counters(store)
    # Reading the counters counts as well: what two readings in a row differ by.
    read = {name: after[name] - 2 * before[name] + start[name] for name in after}
    took: list[float] = []
    cpu = time.process_time()
    while len(took) < FEWEST or (sum(took) < SECONDS and len(took) < MOST):
        began = time.perf_counter()
        _ask(store, case)
        took.append(time.perf_counter() - began)
    cpu = time.process_time() - cpu
    return {
        "p50_ms": round(_rank(took, 0.5) * 1000, 1),
        "p95_ms": round(_rank(took, 0.95) * 1000, 1),
        "cpu_ms": round(cpu / len(took) * 1000, 1),
        "rows_read": max(0, read["SelectedRows"]),
        "bytes_read": max(0, read["SelectedBytes"]),
        "rows": answered,
        "runs": len(took),
    }


def _ask(store: Store, case: Case) -> int:
    """Asks as the product does. Returns how many rows were answered."""
    if case.by_job:
        return int(store.query_table(case.name, **case.parameters).num_rows)
    return len(store.query_sql(case.sql, case.parameters))


def _counters(store: Store) -> dict[str, int]:
    rows = store.query_sql(
        "SELECT event, value FROM system.events WHERE event IN ('SelectedRows', 'SelectedBytes')"
    )
    return {"SelectedRows": 0, "SelectedBytes": 0, **{row["event"]: row["value"] for row in rows}}


def _rank(values: list[float], share: float) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1]


def measure_all(store: Store, only: str) -> dict[str, dict[str, Any]]:
    """Every case whose name holds ``only``, by name."""
    answers = {}
    for case in cases(query_rows.NOW, chosen=_first_batch(store), limits=_sampled(store)):
        if only in case.name:
            try:
                answers[case.name] = measure(store, case)
            except StoreError as error:
                raise SystemExit(f"{case.name} was refused: {error}") from error
            print(f"{case.name:40} {answers[case.name]}", file=sys.stderr)
    return answers


def _first_batch(store: Store) -> Sequence[str]:
    """The sessions that the leak job asks for first, of as many batches as it takes."""
    (case,) = (case for case in cases(query_rows.NOW) if case.name == "leaks_sessions")
    rows = store.query_sql(case.sql, case.parameters)
    batches = list(split_sessions([row["session"] for row in rows], [row["points"] for row in rows]))
    print(f"leaks_series is asked {len(batches)} times a run", file=sys.stderr)
    return batches[0]


def _sampled(store: Store) -> dict[int, int]:
    """The cells of the model of which the recommend job reads a sample."""
    (case,) = (case for case in cases(query_rows.NOW) if case.name == "recommend_cells")
    cells = read_cells(store, {}, case.parameters)
    own = [cell for cell in cells.values() if cell.model == MODEL]
    limits = lot_limits(own, RecommendSettings().votes_per_arm)
    print(f"recommend_visits is asked for each model; {len(limits)} of {len(own)} cells", file=sys.stderr)
    return limits


def sizes(store: Store) -> dict[str, dict[str, float]]:
    """Rows of each event table, and bytes on disk a row."""
    rows = store.query_sql(
        "SELECT table, sum(rows) AS n, sum(bytes_on_disk) AS size FROM system.parts "
        "WHERE database = currentDatabase() AND active GROUP BY table ORDER BY table"
    )
    return {
        row["table"]: {"rows": row["n"], "bytes_per_row": round(row["size"] / row["n"], 1)}
        for row in rows
        if row["table"] in (*EVENT_TABLES, "decisions")
    }


def fill(store: Store, copies: range, *, base: int) -> int:
    """Makes these copies of the base, and the other tables from all windows. Returns how many windows."""
    if copies.start == 0:
        query_rows.draw_base(store, base)
    query_rows.copy_base(store, copies)
    query_rows.derive_events(store)
    if copies.start == 0:
        query_rows.add_decided(store)
    query_rows.merge_all(store)
    return int(store.query_sql("SELECT count() AS n FROM windows")[0]["n"])


def compare(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The figures at the larger size, each with its growth from the smaller."""
    return {
        name: {
            **figures,
            "growth": round(figures["cpu_ms"] / first[name]["cpu_ms"], 2),
            "growth_rows_read": round(figures["rows_read"] / max(1, first[name]["rows_read"]), 2),
            "small": {key: first[name][key] for key in ("p50_ms", "p95_ms", "cpu_ms")},
        }
        for name, figures in second.items()
    }


def main() -> None:
    """Runs the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--windows",
        type=int,
        default=os.environ.get("BENCH_QUERY_WINDOWS", "10000000"),
        help="the larger size",
    )
    parser.add_argument(
        "--base",
        type=int,
        default=os.environ.get("BENCH_QUERY_BASE", "1000000"),
        help="the smaller size: windows drawn, of which the larger is made; divides it",
    )
    parser.add_argument("--folder", type=Path, help="where the engine writes, and stays; default temporary")
    parser.add_argument("--keep", action="store_true", help="ask the store that --folder holds already")
    parser.add_argument("--only", default="", help="only queries whose name holds this")
    arguments = parser.parse_args()
    if arguments.windows % arguments.base:
        parser.error("--windows is a multiple of --base")
    began = time.perf_counter()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="inferfleet-query-"))
    dsn = f"chdb://{folder / 'engine'}"
    try:
        upgrade(dsn)
        with open_store(dsn) as store:
            answer = run(store, arguments)
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder)
    answer["total_s"] = round(time.perf_counter() - began, 1)
    print(json.dumps(answer))


def run(store: Store, arguments: argparse.Namespace) -> dict[str, Any]:
    """Fills, asks, fills more, asks again."""
    if arguments.keep:
        windows = first_windows = int(store.query_sql("SELECT count() AS n FROM windows")[0]["n"])
        small = second = measure_all(store, arguments.only)
    else:
        first_windows = fill(store, range(1), base=arguments.base)
        small = measure_all(store, arguments.only)
        windows = fill(store, range(1, arguments.windows // arguments.base), base=arguments.base)
        second = measure_all(store, arguments.only)
    tables = sizes(store)
    return {
        "benchmark": "query",
        "windows": windows,
        "windows_at_small": first_windows,
        "p95_ms_max": max(figures["p95_ms"] for figures in second.values()),
        "slowest": max(second, key=lambda name: second[name]["p95_ms"]),
        "over_page_limit": [
            name
            for name, figures in second.items()
            if name.startswith("panel_") and figures["p95_ms"] > MAX_SECONDS * 1000
        ],
        "tables": tables,
        "billion_windows_gb": round(tables["windows"]["bytes_per_row"], 1),
        "queries": compare(small, second),
    }


if __name__ == "__main__":
    main()
