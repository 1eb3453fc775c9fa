"""``ingest_count.py FOLDER``: counts what was stored, rows and distinct batch ids, as one JSON line."""

import json
import sys

from collector.store import open_store

with open_store(f"chdb://{sys.argv[1]}") as store:
    rows = store.query_sql("SELECT count() AS windows, uniqExact(batch_id) AS batches FROM windows")
print(json.dumps(rows[0]))
