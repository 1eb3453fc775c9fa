"""The engine's own rate: the same rows, as ready-made columns, inserted by one thread. ``ingest_engine.py
FOLDER SECONDS``.

Prints one JSON line.
"""

import json
import sys
import time

from benchmarks.ingest_bodies import ID_SLOT, make_bodies
from collector.ingest.batch import Batch
from collector.ingest.columns import to_tables
from collector.ingest.decode import skim
from collector.ingest.settings import SpoolSettings
from collector.store import open_store
from collector.store.migrate import upgrade


def main() -> None:
    folder, seconds = sys.argv[1], float(sys.argv[2])
    dsn = f"chdb://{folder}"
    upgrade(dsn)
    now = int(time.time() * 1000)
    bodies = [
        body.replace(ID_SLOT, b"%022d" % n)
        for n, body in enumerate(make_bodies(SpoolSettings().block_reports, app="bench", seed=1))
    ]
    table = to_tables(Batch.of([now] * len(bodies), [skim(body).report for body in bodies]))["windows"]
    with open_store(dsn) as store:
        store.insert("windows", table, token="warm-up")
        started = time.perf_counter()
        blocks = 0
        while time.perf_counter() - started < seconds:
            store.insert("windows", table, token=f"block-{blocks}")
            blocks += 1
        elapsed = time.perf_counter() - started
        stored = store.query_sql("SELECT count() AS n FROM windows")[0]["n"]
    assert stored == (blocks + 1) * table.num_rows, "the engine took fewer rows than were inserted"
    print(json.dumps({"windows_per_s": blocks * table.num_rows / elapsed}))


if __name__ == "__main__":
    main()
