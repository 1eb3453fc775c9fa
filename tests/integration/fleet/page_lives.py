"""Rows of single page lives, for tests that ask one question each."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from collector.contract.histogram import record
from collector.store import SCHEMAS, Store
from tests.integration.fleet.seed import KINDS

NOW = datetime.now(UTC)
DESKTOP, PHONE = KINDS[0].facts, KINDS[2].facts


def session(
    app: str, number: int, *, ready_ms: float, backend: str = "webgl", source: str = "default", **facts: Any
) -> dict[str, list[dict[str, Any]]]:
    """One page life: a window, and the exposure that says who chose its arm."""
    buckets = record([ready_ms] * 50)
    event = {
        "app": app,
        "model": "blazeface",
        "variant": "original",
        "backend": backend,
        "at": NOW - timedelta(minutes=30),
        "received_at": NOW - timedelta(minutes=29),
        "release": "1.0",
        "session": f"{app}-{number:06d}",
        "batch_id": f"{app}-{number:06d}",
        "sdk": "js/0.1.0",
        "automated": False,
        **DESKTOP,
        **facts,
    }
    window = event | {
        "engine": "tfjs",
        "duration_ms": 60_000,
        "count": 50,
        "errors": 0,
        "ready_buckets": sorted(buckets),
        "ready_counts": [buckets[bucket] for bucket in sorted(buckets)],
        "ready_method": "read",
        "nth_load": 1,
    }
    exposure = event | {"source": source, "config_version": 1, "device_class": "", "probability": 1.0}
    return {
        "windows": [window],
        "exposures": [exposure],
        "incidents": [event | {"count": 1, "error": "", "phase": "", "crash": ""}],
    }


def zero(kind: pa.DataType) -> Any:
    """What a column holds that a test does not care about."""
    if pa.types.is_list(kind):
        return []
    return (
        ""
        if pa.types.is_string(kind) or pa.types.is_dictionary(kind)
        else 0
        if not pa.types.is_boolean(kind)
        else False
    )


def insert(store: Store, table: str, rows: list[dict[str, Any]]) -> None:
    schema = SCHEMAS[table]
    known = [{name: value for name, value in row.items() if name in schema.names} for row in rows]
    plain = {field.name: None if field.nullable else zero(field.type) for field in schema}
    full = [plain | row for row in known]
    table_of = pa.Table.from_pylist(full, schema=schema)
    store.insert(table, table_of, token=f"{rows[0]['app']}-{table}-{len(rows)}")
