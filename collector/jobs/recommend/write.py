"""Writes decision records: rows of the table ``decisions``."""

import math
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from collector.jobs.recommend.record import DecisionRecord
from collector.store.columns import SCHEMAS
from collector.store.lending import Tables


def write_records(store: Tables, records: Sequence[DecisionRecord], *, run_id: str, now: datetime) -> None:
    """Stores records of one run, once however often the same run is written.

    Raises:
        StoreUnavailable: nothing was stored; run the job again.
    """
    rows = [
        {
            "run_id": run_id,
            "decided_at": now,
            "app": record.app,
            "model": record.model,
            "device_class": record.device_class,
            "level": record.level,
            "state": record.state,
            "backend": record.recommended[0].value if record.recommended else "",
            "variant": record.recommended[1] if record.recommended else "",
            "default_backend": record.default[0].value if record.default else "",
            "expected_ratio": math.nan if record.expected_ratio is None else record.expected_ratio,
            "record": record.to_json(),
        }
        for record in records
    ]
    table = pa.Table.from_pylist(rows, schema=SCHEMAS["decisions"])
    store.insert("decisions", table, token=f"decide-{run_id}")
