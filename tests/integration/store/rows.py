"""Rows for inserts: every column of a table, with what a test cares about set."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from collector.store import SCHEMAS

NOW = (datetime.now(UTC) - timedelta(hours=3)).replace(microsecond=123_000)  # recent: old rows expire


def _example(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return [_example(kind.value_type)] * 2
    if pa.types.is_timestamp(kind):
        return NOW
    if pa.types.is_date(kind):
        return NOW.date()
    if pa.types.is_string(kind):
        return "it's \\ \t ü"
    if pa.types.is_boolean(kind):
        return True
    if pa.types.is_floating(kind):
        return 0.5
    return 7


def make_rows(table: str, *changes: dict[str, Any]) -> pa.Table:
    """One row for each of ``changes``, other columns filled with examples."""
    schema = SCHEMAS[table]
    base = {field.name: _example(field.type) for field in schema}
    return pa.Table.from_pylist([{**base, **change} for change in changes], schema=schema)
