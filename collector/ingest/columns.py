"""Decoded reports -> one Arrow table for each event table.

Lists of Python lists are slow to convert (18 k windows/s), so the lists of numbers come as values and offsets
(``number_lists``). What a report says once (device, session) is converted once and then taken by index.
A block's windows, nearly all of its rows, are put in the order that their table is sorted by, which the
engine would do at twice the cost.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from collector.contract.report import Device
from collector.contract.signals import SERIES
from collector.ingest.batch import Batch
from collector.ingest.clock import NETWORK_DELAY_MS
from collector.ingest.number_lists import HISTOGRAMS, Lists, NumberLists
from collector.ingest.race_rows import race_columns, race_rows
from collector.store import SCHEMAS

Integers = NDArray[np.int64]
HOUR_MS = 3_600_000


def to_tables(batch: Batch) -> dict[str, pa.Table]:
    """Tables by name, with the columns of ``store.SCHEMAS``; tables without rows are left out.

    Rows are in the order of the reports.

    Raises:
        ValueError, TypeError, OverflowError, pyarrow.ArrowException: a report does not fit the columns.
    """
    reports = batch.reports
    envelope = _envelope(batch)
    tables = {}
    for table, columns_of in _ITEMS.items():
        of_reports = [getattr(report, table) for report in reports]
        if table == "races":
            of_reports = [race_rows(races) for races in of_reports]
        lengths = [len(items) for items in of_reports]
        if not any(lengths):
            continue
        columns = columns_of(list(chain.from_iterable(of_reports)), batch.numbers)
        owner = pa.array(np.repeat(np.arange(len(reports)), lengths))
        columns |= {name: values.take(owner) for name, values in envelope.items()}
        columns["at"] = _corrected(columns["at"], columns["clock_skew_ms"], columns["received_at"])
        tables[table] = _table(table, columns)
    if drops := _drops(batch):
        tables["drops"] = drops
    return tables


def count_items(tables: Mapping[str, pa.Table]) -> int:
    """How many items of reports the rows of these tables are; what was dropped is none of them.

    A race is one item, and a row for each of its arms.
    """
    return sum(
        table["place"].to_pylist().count(0) if name == "races" else table.num_rows
        for name, table in tables.items()
        if name != "drops"
    )


def join_tables(parts: Iterable[Mapping[str, pa.Table]]) -> dict[str, pa.Table]:
    """The tables of a block, from those of its batches, each as one Arrow chunk.

    Equal reports make equal tables, row by row, however they are shared out among batches: a block is
    inserted again under its token after a crash.
    """
    by_name: dict[str, list[pa.Table]] = {name: [] for name in (*_ITEMS, "drops")}
    for part in parts:
        for name, table in part.items():
            by_name[name].append(table)
    tables = {name: pa.concat_tables(of_table) for name, of_table in by_name.items() if of_table}
    if "windows" in tables:
        tables["windows"] = tables["windows"].take(_order(tables["windows"]))
    return {name: table.combine_chunks() for name, table in tables.items()}


def _order(windows: pa.Table) -> Integers:
    """Positions by app, model, hour and session, as the table sorts them; equal ones as they came."""
    hours = windows["at"].cast(pa.int64()).to_numpy() // HOUR_MS
    return np.lexsort((_ranks(windows["session"]), hours, _ranks(windows["model"]), _ranks(windows["app"])))


def _ranks(texts: pa.ChunkedArray) -> Integers:
    """Each text's place among the distinct ones."""
    encoded = texts.combine_chunks().dictionary_encode()
    ranks = np.empty(len(encoded.dictionary), dtype=np.int64)
    ranks[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(ranks))
    by_row: Integers = ranks[encoded.indices.to_numpy()]
    return by_row


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
    return {
        name: [getattr(item, name) for item in items] for name in ("model", "variant", "backend", "steerable")
    }


def _versioned(items: Sequence[Any]) -> dict[str, Any]:
    versions = {name: [getattr(item, name) for item in items] for name in ("engine_version", "model_release")}
    return _subject(items) | versions


def _texts(items: Sequence[Any], name: str) -> list[str]:
    """An optional name; '' when absent."""
    return [getattr(item, name) or "" for item in items]


def _windows(items: Sequence[Any], numbers: NumberLists) -> dict[str, Any]:
    columns = _versioned(items)
    columns["at"] = [item.started_at for item in items]
    for name in ("engine", "duration_ms", "count", "errors", "threads", "nth_load"):
        columns[name] = [getattr(item, name) for item in items]
    for name in ("ready_method", "kernel_method"):
        columns[name] = _texts(items, name)
    names = [f"{prefix}_{what}" for prefix in HISTOGRAMS for what in ("buckets", "counts")]
    for name in [*names, *(f"memory_{series}" for series in SERIES)]:
        columns[name] = _lists(numbers.lists[name])
    columns["tensors_min"] = pa.array(numbers.tensors_min.astype(np.uint64))
    columns["tensors_max"] = pa.array(numbers.tensors_max.astype(np.uint64))
    return columns


def _loads(items: Sequence[Any], _: NumberLists) -> dict[str, Any]:
    columns = _versioned(items)
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
    columns["fallback_variants"] = [[taken.variant for taken in item.fallbacks] for item in items]
    columns["fallback_errors"] = [[taken.error for taken in item.fallbacks] for item in items]
    return columns


def _incidents(items: Sequence[Any], _: NumberLists) -> dict[str, Any]:
    columns = _versioned(items)
    for name in ("at", "kind", "count"):
        columns[name] = [getattr(item, name) for item in items]
    for name in ("error", "phase", "crash"):
        columns[name] = _texts(items, name)
    return columns


def _exposures(items: Sequence[Any], _: NumberLists) -> dict[str, Any]:
    columns = _subject(items)
    for name in ("at", "source", "config_version", "device_class", "probability"):
        columns[name] = [getattr(item, name) for item in items]
    return columns


def _stages(items: Sequence[Any], numbers: NumberLists) -> dict[str, Any]:
    columns: dict[str, Any] = {
        name: [getattr(item, name) for item in items] for name in ("stage", "duration_ms", "count")
    }
    columns["at"] = [item.started_at for item in items]
    for name in ("model", "backend"):
        columns[name] = _texts(items, name)
    for name in ("span_buckets", "span_counts"):
        columns[name] = _lists(numbers.lists[name])
    return columns


def _leak_traces(items: Sequence[Any], _: NumberLists) -> dict[str, Any]:
    columns = _subject(items)
    for name in ("engine", "at", "predictions", "loads"):
        columns[name] = [getattr(item, name) for item in items]
    columns["sites"] = [msgspec.json.encode(item.sites).decode() for item in items]
    return columns


_ITEMS: dict[str, Callable[[Sequence[Any], NumberLists], dict[str, Any]]] = {
    "windows": _windows,
    "loads": _loads,
    "incidents": _incidents,
    "exposures": _exposures,
    "stages": _stages,
    "races": lambda rows, _: race_columns(rows),
    "leak_traces": _leak_traces,
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


def _corrected(at: list[int], skews: pa.Array, received: pa.Array) -> pa.Array:
    """Times on our clock. Nothing happened after it was received: that clock was set back meanwhile."""
    milliseconds = np.array(at, dtype=np.int64) + skews.to_numpy()
    milliseconds = np.minimum(milliseconds, received.cast(pa.int64()).to_numpy())
    return pa.array(milliseconds, type=pa.int64()).cast(pa.timestamp("ms", tz="UTC"))


def _lists(lists: Lists) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(lists.offsets.astype(np.int32)), pa.array(lists.values))
