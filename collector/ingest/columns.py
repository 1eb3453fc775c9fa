"""Spooled reports -> one Arrow table for each event table.

Lists of Python lists are slow to convert (18 k windows/s), so every list column is flattened first and put
together from its values and offsets. What a report says once (device, session) is converted once and then
taken by index.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from collector.contract.report import Device, Exposure, Incident, Load, Report, Stage, Window, WireModel
from collector.ingest.clock import skew_of
from collector.store import SCHEMAS

Json = dict[str, Any]
Integers = NDArray[np.int64]


class SpooledReport(NamedTuple):
    """A report as the spool gives it back: JSON that was validated before it was stored."""

    received_at_ms: int
    report: Json


def to_tables(reports: Sequence[SpooledReport]) -> dict[str, pa.Table]:
    """Tables by name, with the columns of ``store.SCHEMAS``; tables without rows are left out.

    Raises:
        ValueError, TypeError, KeyError, OverflowError, pyarrow.ArrowException: a report does not fit the
        columns.
    """
    envelope = _envelope(reports)
    tables = {}
    for table, columns_of in _ITEMS.items():
        items = [spooled.report.get(table) or () for spooled in reports]
        owners = np.repeat(np.arange(len(reports)), [len(of_report) for of_report in items])
        if len(owners):
            columns = columns_of(list(chain.from_iterable(items)))
            columns |= {name: values.take(pa.array(owners)) for name, values in envelope.items()}
            columns["at"] = _corrected(columns["at"], columns["clock_skew_ms"])
            tables[table] = _table(table, columns)
    if drops := _drops(reports):
        tables["drops"] = drops
    return tables


def _table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    schema = SCHEMAS[name]
    return pa.Table.from_arrays([_array(columns[field.name], field.type) for field in schema], schema=schema)


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, type=kind)


def _envelope(reports: Sequence[SpooledReport]) -> dict[str, pa.Array]:
    """One row a report: what all its items share."""
    bodies = [spooled.report for spooled in reports]
    devices = [body.get("device") or {} for body in bodies]
    skews = [skew_of(spooled.received_at_ms, spooled.report["sent_at"]) for spooled in reports]
    schema = SCHEMAS["windows"]
    columns: dict[str, list[Any]] = {
        name: _values(bodies, Report, name) for name in ("app", "release", "session", "batch_id", "sdk")
    }
    columns |= {name: _values(devices, Device, name) for name in Device.model_fields}
    columns["received_at"] = [spooled.received_at_ms for spooled in reports]
    columns["clock_skew_ms"] = skews
    return {name: pa.array(values, type=schema.field(name).type) for name, values in columns.items()}


def _values(items: Iterable[Json], model: type[WireModel], name: str) -> list[Any]:
    """One field of each item, with the contract's default where it was not sent."""
    field = model.model_fields[name]
    if field.is_required():
        return [item[name] for item in items]
    default = field.default
    return [item.get(name, default) for item in items]


def _texts(items: Iterable[Json], model: type[WireModel], name: str) -> list[str]:
    """An optional name; '' when absent."""
    return [value or "" for value in _values(items, model, name)]


def _subject(items: list[Json], model: type[WireModel]) -> dict[str, Any]:
    return {name: _values(items, model, name) for name in ("model", "variant", "backend")}


def _windows(items: list[Json]) -> dict[str, Any]:
    columns = _subject(items, Window)
    columns["at"] = _values(items, Window, "started_at")
    for name in ("engine", "duration_ms", "count", "errors", "threads"):
        columns[name] = _values(items, Window, name)
    for prefix in ("dispatch", "ready", "kernel"):
        buckets, counts = _histograms([item.get(f"{prefix}_ms") for item in items])
        columns |= {f"{prefix}_buckets": buckets, f"{prefix}_counts": counts}
    for name in ("ready_method", "kernel_method"):
        columns[name] = _texts(items, Window, name)
    return columns | _memory([item.get("memory") or {} for item in items])


def _memory(signals: list[Json]) -> dict[str, Any]:
    columns = {
        f"memory_{name}": _running_sums([signal.get(name) or () for signal in signals], kind)
        for name, kind in (
            ("predictions", pa.uint32()),
            ("tensors", pa.uint64()),
            ("bytes", pa.uint64()),
            ("gpu_bytes", pa.uint64()),
        )
    }
    tensors = columns["memory_tensors"]
    points = tensors.flatten().to_numpy()
    starts = tensors.offsets.to_numpy()
    columns["tensors_min"] = [
        min(_extremes(signal, "tensors_min", points[begin:end]), default=0)
        for signal, begin, end in zip(signals, starts[:-1], starts[1:], strict=True)
    ]
    columns["tensors_max"] = [
        max(_extremes(signal, "tensors_max", points[begin:end]), default=0)
        for signal, begin, end in zip(signals, starts[:-1], starts[1:], strict=True)
    ]
    return columns


def _extremes(signal: Json, name: str, points: Any) -> list[int]:
    told = signal.get(name)
    return [*points.tolist(), *([] if told is None else [told])]


def _loads(items: list[Json]) -> dict[str, Any]:
    columns = _subject(items, Load)
    for name in (
        "engine",
        "at",
        "load_ms",
        "backend_init_ms",
        "first_prediction_ms",
        "download_bytes",
        "cache_hit",
    ):
        columns[name] = _values(items, Load, name)
    fallbacks = [item.get("fallbacks") or () for item in items]
    columns["fallback_backends"] = [[taken["backend"] for taken in of_load] for of_load in fallbacks]
    columns["fallback_errors"] = [[taken.get("error", "other") for taken in of_load] for of_load in fallbacks]
    return columns


def _incidents(items: list[Json]) -> dict[str, Any]:
    columns = _subject(items, Incident)
    for name in ("at", "kind", "count"):
        columns[name] = _values(items, Incident, name)
    columns["error"] = _texts(items, Incident, "error")
    return columns


def _exposures(items: list[Json]) -> dict[str, Any]:
    columns = _subject(items, Exposure)
    for name in ("at", "source", "config_version", "device_class", "probability"):
        columns[name] = _values(items, Exposure, name)
    return columns


def _stages(items: list[Json]) -> dict[str, Any]:
    columns: dict[str, Any] = {
        name: _values(items, Stage, name) for name in ("stage", "duration_ms", "count")
    }
    columns["at"] = _values(items, Stage, "started_at")
    for name in ("model", "backend"):
        columns[name] = _texts(items, Stage, name)
    columns["span_buckets"], columns["span_counts"] = _histograms([item["span_ms"] for item in items])
    return columns


_ITEMS: dict[str, Callable[[list[Json]], dict[str, Any]]] = {
    "windows": _windows,
    "loads": _loads,
    "incidents": _incidents,
    "exposures": _exposures,
    "stages": _stages,
}


def _drops(reports: Sequence[SpooledReport]) -> pa.Table | None:
    """What SDKs said they let go: one row for each report and reason."""
    rows = [
        (spooled, reason, count)
        for spooled in reports
        for reason, count in (spooled.report.get("dropped") or {}).items()
    ]
    if not rows:
        return None
    bodies = [spooled.report for spooled, _, _ in rows]
    columns: dict[str, list[Any]] = {
        name: _values(bodies, Report, name) for name in ("app", "session", "release")
    }
    columns["received_at"] = [spooled.received_at_ms for spooled, _, _ in rows]
    columns["reason"] = [reason for _, reason, _ in rows]
    columns["count"] = [count for _, _, count in rows]
    return _table("drops", columns)


def _corrected(at: list[int], skews: pa.Array) -> pa.Array:
    """Times on our clock."""
    milliseconds = np.array(at, dtype=np.int64) + skews.to_numpy()
    return pa.array(milliseconds, type=pa.int64()).cast(pa.timestamp("ms", tz="UTC"))


def _histograms(histograms: list[Json | None]) -> tuple[pa.ListArray, pa.ListArray]:
    """Absolute bucket indexes and counts; empty where there is no histogram.

    Both wire forms (``contract.report.Histogram``) at once, without a step in Python for each bucket.
    """
    buckets = [histogram["buckets"] if histogram else () for histogram in histograms]
    counts = [histogram["counts"] if histogram else () for histogram in histograms]
    offsets = _offsets(counts)
    flat = _flat(counts)
    # Runs: a bucket is the first one, and then as far on as all before it in its list are wide.
    firsts = np.array([first[0] if first else 0 for first in buckets], dtype=np.int64)
    widths = np.where(flat < 0, -flat, 1)
    before = np.concatenate(([0], np.cumsum(widths)))
    lengths = np.diff(offsets)
    indexes = before[:-1] + np.repeat(firsts - before[offsets[:-1]], lengths)
    # Gaps: as many buckets as counts.
    gaps = [of_list if len(of_list) > 1 else () for of_list in buckets]
    by_gaps = np.repeat([len(of_list) > 1 for of_list in buckets], lengths)
    indexes[by_gaps] = _sums(gaps, _offsets(gaps))
    filled = flat >= 0
    offsets = np.concatenate(([0], np.cumsum(filled)))[offsets].astype(np.int32)
    return _lists(indexes[filled], offsets, pa.int16()), _lists(flat[filled], offsets, pa.uint32())


def _running_sums(lists: Sequence[Sequence[int]], kind: pa.DataType) -> pa.ListArray:
    """The wire's differences as absolute values, for all lists at once."""
    offsets = _offsets(lists)
    return _lists(_sums(lists, offsets), offsets, kind)


def _sums(lists: Sequence[Sequence[int]], offsets: NDArray[np.int32]) -> Integers:
    sums: Integers = np.concatenate(([0], np.cumsum(_flat(lists), dtype=np.int64)))
    before: Integers = np.repeat(sums[offsets[:-1]], np.diff(offsets))
    return sums[1:] - before


def _flat(lists: Sequence[Sequence[int]]) -> Integers:
    return np.fromiter(chain.from_iterable(lists), dtype=np.int64)


def _offsets(lists: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    return np.concatenate(([0], np.cumsum([len(values) for values in lists]))).astype(np.int32)


def _lists(values: Integers, offsets: Any, kind: pa.DataType) -> pa.ListArray:
    # A safe cast: a value that the column cannot hold raises instead of wrapping around.
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values).cast(kind))
