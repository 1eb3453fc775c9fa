"""Counts what is really in the store, from its files: ``python -m examples.demo.stored DSN`` prints JSON.

A process of its own, since the engine's folder has one owner at a time and the collector must have stopped.
"""

import json
import sys

from collector.store import open_store
from collector.store.columns import SCHEMAS

# A report that was stored twice would differ in these alone.
_PER_REQUEST = "received_at, at, clock_skew_ms"


def count(dsn: str) -> dict[str, object]:
    """``{"batches": {batch id: rows}, "duplicates": rows that are in the store more than once}``."""
    store = open_store(dsn)
    try:
        batches: dict[str, int] = {}
        duplicates = 0
        for table in (name for name, schema in SCHEMAS.items() if "batch_id" in schema.names):
            for row in store.query_sql(f"SELECT batch_id, count() AS n FROM {table} GROUP BY batch_id"):
                batches[row["batch_id"]] = batches.get(row["batch_id"], 0) + int(row["n"])
            distinct = f"SELECT DISTINCT * EXCEPT ({_PER_REQUEST}) FROM {table}"
            [row] = store.query_sql(
                f"SELECT (SELECT count() FROM {table}) - (SELECT count() FROM ({distinct})) AS twice"
            )
            duplicates += int(row["twice"])
    finally:
        store.close()
    return {"batches": batches, "duplicates": duplicates}


if __name__ == "__main__":
    print(json.dumps(count(sys.argv[1])))
