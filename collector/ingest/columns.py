"""Decoded reports -> one Arrow table for each event table.

Lists of Python lists are slow to convert (18 k windows/s), so the lists of numbers come as values and offsets
(``number_lists``). What a report says once (device, session) is converted once and then taken by index.
Windows, nearly all rows, are put in the order that their table is sorted by, which the engine would do at
twice the cost.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from collector.contract.report import Device
from collector.ingest.batch import Batch
from collector.ingest.clock import NETWORK_DELAY_MS
from collector.ingest.number_lists import HISTOGRAMS, SERIES, Lists, NumberLists
from collector.store import SCHEMAS

Integers = NDArray[np.int64]
HOUR_MS = 3_600_000


def to_tables(batch: Batch) -> dict[str, pa.Table]:
    """Tables by name, with the columns of ``store.SCHEMAS``; tables without rows are left out.

    Equal batches make equal tables, row by row: a block is inserted again under its token after a crash.

    Raises:
        ValueError, TypeError, OverflowError, pyarrow.ArrowException: a report does not fit the columns.
    """
    reports = batch.reports
    envelope = _envelope(batch)
    tables = {}
    for table, columns_of in _ITEMS.items():
        of_reports = [getattr(report, table) for report in reports]
        lengths = [len(items) for items in of_reports]
        if not any(lengths):
            continue
        items = list(chain.from_iterable(of_reports))
        owners = np.repeat(np.arange(len(reports)), lengths)
        order = None
        if table == "windows":
            order = _order(items, owners, reports)
            items = [items[position] for position in order.tolist()]
            owners = owners[order]
        columns = columns_of(items, batch.numbers, order)
        owner = pa.array(owners)
        columns |= {name: values.take(owner) for name, values in envelope.items()}
        columns["at"] = _corrected(columns["at"], columns["clock_skew_ms"])
        tables[table] = _table(table, columns)
    if drops := _drops(batch):
        tables["drops"] = drops
    return tables


def _order(windows: Sequence[Any], owners: Integers, reports: Sequence[Any]) -> Integers:
    """Positions by app, model, hour and session, nearly as the table sorts them; equal ones as they came."""
    of_report = _ranks([(report.app, report.session) for report in reports])
    apps = _ranks([report.app for report in reports])
    hours = np.array([window.started_at for window in windows], dtype=np.int64) // HOUR_MS
    models = _ranks([window.model for window in windows])
    return np.lexsort((of_report[owners], hours, models, apps[owners]))


def _ranks(values: Sequence[Any]) -> Integers:
    rank = {value: n for n, value in enumerate(sorted(set(values)))}
    return np.array([rank[value] for value in values], dtype=np.int64)


def _table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    schema = SCHEMAS[name]
    return pa.Table.from_arrays([_array(columns[field.name], field.type) for field in schema], schema=schema)


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, type=kind)


def _envelope(batch: Batch) -> dict[str, pa.Array]:
    """One row a report: what all its items share."""
    schema = SCHEMAS["windows"]
    devices = [report.device for report in batch.reports]
    columns: dict[str, Any] = {
        name: [getattr(report, name) for report in batch.reports]
        for name in ("app", "release", "session", "batch_id", "sdk")
    }
    columns |= {name: [getattr(device, name) for device in devices] for name in Device.model_fields}
    received = np.array(batch.received_at_ms, dtype=np.int64)
    off = received - np.array([report.sent_at for report in batch.reports], dtype=np.int64)
    columns["clock_skew_ms"] = np.where(np.abs(off) > NETWORK_DELAY_MS, off, 0)
    columns["received_at"] = received
    return {name: _column(values, schema.field(name).type) for name, values in columns.items()}


def _column(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, np.ndarray):
        return pa.array(values).cast(kind)
    return pa.array(values, type=kind)


def _subject(items: Sequence[Any]) -> dict[str, Any]:
    return {name: [getattr(item, name) for item in items] for name in ("model", "variant", "backend")}


def _texts(items: Sequence[Any], name: str) -> list[str]:
    """An optional name; '' when absent."""
    return [getattr(item, name) or "" for item in items]


def _windows(items: Sequence[Any], numbers: NumberLists, order: Integers | None) -> dict[str, Any]:
    columns = _subject(items)
    columns["at"] = [item.started_at for item in items]
    for name in ("engine", "duration_ms", "count", "errors", "threads"):
        columns[name] = [getattr(item, name) for item in items]
    for name in ("ready_method", "kernel_method"):
        columns[name] = _texts(items, name)
    names = [f"{prefix}_{what}" for prefix in HISTOGRAMS for what in ("buckets", "counts")]
    for name in [*names, *(f"memory_{series}" for series in SERIES)]:
        lists = numbers.lists[name]
        columns[name] = _lists(lists if order is None else _taken(lists, order))
    columns["tensors_min"] = pa.array(_in_order(numbers.tensors_min, order).astype(np.uint64))
    columns["tensors_max"] = pa.array(_in_order(numbers.tensors_max, order).astype(np.uint64))
    return columns


def _loads(items: Sequence[Any], _: NumberLists, __: Integers | None) -> dict[str, Any]:
    columns = _subject(items)
    for name in (
        "engine",
        "at",
        "load_ms",
        "backend_init_ms",
        "first_prediction_ms",
        "download_bytes",
        "cache_hit",
    ):
        columns[name] = [getattr(item, name) for item in items]
    columns["fallback_backends"] = [[taken.backend for taken in item.fallbacks] for item in items]
    columns["fallback_errors"] = [[taken.error for taken in item.fallbacks] for item in items]
    return columns


def _incidents(items: Sequence[Any], _: NumberLists, __: Integers | None) -> dict[str, Any]:
    columns = _subject(items)
    for name in ("at", "kind", "count"):
        columns[name] = [getattr(item, name) for item in items]
    columns["error"] = _texts(items, "error")
    return columns


def _exposures(items: Sequence[Any], _: NumberLists, __: Integers | None) -> dict[str, Any]:
    columns = _subject(items)
    for name in ("at", "source", "config_version", "device_class", "probability"):
        columns[name] = [getattr(item, name) for item in items]
    return columns


def _stages(items: Sequence[Any], numbers: NumberLists, _: Integers | None) -> dict[str, Any]:
    columns: dict[str, Any] = {
        name: [getattr(item, name) for item in items] for name in ("stage", "duration_ms", "count")
    }
    columns["at"] = [item.started_at for item in items]
    for name in ("model", "backend"):
        columns[name] = _texts(items, name)
    for name in ("span_buckets", "span_counts"):
        columns[name] = _lists(numbers.lists[name])
    return columns


_ITEMS: dict[str, Callable[[Sequence[Any], NumberLists, Integers | None], dict[str, Any]]] = {
    "windows": _windows,
    "loads": _loads,
    "incidents": _incidents,
    "exposures": _exposures,
    "stages": _stages,
}


def _drops(batch: Batch) -> pa.Table | None:
    """What SDKs said they let go: one row for each report and reason."""
    rows = [
        (received_at_ms, report, reason, count)
        for received_at_ms, report in zip(batch.received_at_ms, batch.reports, strict=True)
        for reason, count in report.dropped.items()
    ]
    if not rows:
        return None
    columns: dict[str, list[Any]] = {
        name: [getattr(report, name) for _, report, _, _ in rows] for name in ("app", "session", "release")
    }
    columns["received_at"] = [received_at_ms for received_at_ms, _, _, _ in rows]
    columns["reason"] = [reason for _, _, reason, _ in rows]
    columns["count"] = [count for _, _, _, count in rows]
    return _table("drops", columns)


def _corrected(at: list[int], skews: pa.Array) -> pa.Array:
    """Times on our clock."""
    milliseconds = np.array(at, dtype=np.int64) + skews.to_numpy()
    return pa.array(milliseconds, type=pa.int64()).cast(pa.timestamp("ms", tz="UTC"))


def _in_order(values: Integers, order: Integers | None) -> Integers:
    return values if order is None else values[order]


def _taken(lists: Lists, order: Integers) -> Lists:
    """The lists of these items, in this order."""
    lengths = np.diff(lists.offsets)[order]
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    # Where each value is: its list's begin, and as far on as it is from the begin in the new order.
    source = np.arange(offsets[-1]) + np.repeat(lists.offsets[:-1][order] - offsets[:-1], lengths)
    return Lists(lists.values[source], offsets)


def _lists(lists: Lists) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(lists.offsets.astype(np.int32)), pa.array(lists.values))
