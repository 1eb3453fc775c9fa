"""The columns of every table: their ClickHouse types, and the pyarrow schemas that inserts are made of.

The tables themselves are made by the revisions in ``alembic/versions``; a test holds the two together.
Units are in the names. Times are UTC.
"""

from datetime import UTC, datetime
from typing import NamedTuple

import pyarrow as pa


class Column(NamedTuple):
    """A column's name and its ClickHouse type, as ``system.columns`` writes it."""

    name: str
    type: str


NAME = "LowCardinality(String)"
TEXT = "String"
TIME = "DateTime64(3, 'UTC')"
BUCKETS = "Array(Int16)"
COUNTS = "Array(UInt32)"


def _columns(**types: str) -> tuple[Column, ...]:
    return tuple(Column(name, type_) for name, type_ in types.items())


EVENT = _columns(
    app=NAME,
    at=TIME,  # the item's own time, corrected for the browser's clock
    received_at=TIME,
    release=NAME,
    session=TEXT,
    batch_id=TEXT,
    sdk=NAME,
    os=NAME,
    browser=NAME,
    browser_major="UInt16",
    form=NAME,
    gpu=NAME,
    memory_gb="UInt8",
    cores="UInt8",
    wasm_simd="Bool",
    wasm_threads="Bool",
    webgl="UInt8",
    webgpu="Bool",
    automated="Bool",
    clock_skew_ms="Int64",
)
"""What every event table begins with: where the item came from."""

VERSIONS = _columns(engine_version=NAME, model_release=NAME)  # empty where the page told none

SUBJECT = _columns(model=NAME, variant=NAME, backend=NAME, steerable="Bool")

COLUMNS: dict[str, tuple[Column, ...]] = {
    "windows": EVENT
    + SUBJECT
    + _columns(
        engine=NAME,
        duration_ms="UInt32",
        count="UInt32",
        errors="UInt32",
        threads="UInt16",
        dispatch_buckets=BUCKETS,  # absolute bucket indexes (contract/histogram.py); empty when absent
        dispatch_counts=COUNTS,
        ready_buckets=BUCKETS,
        ready_counts=COUNTS,
        ready_method=NAME,
        kernel_buckets=BUCKETS,
        kernel_counts=COUNTS,
        kernel_method=NAME,
        memory_predictions="Array(UInt32)",  # absolute values, one entry per point
        memory_tensors="Array(UInt64)",
        memory_bytes="Array(UInt64)",
        memory_gpu_bytes="Array(UInt64)",
        memory_gpu_allocated_bytes="Array(UInt64)",  # in use and waiting for reuse
        memory_heap_bytes="Array(UInt64)",
        tensors_min="UInt64",
        tensors_max="UInt64",
        nth_load="UInt32",  # which model of this name in the session; 1 is the first
    )
    + VERSIONS,
    "loads": EVENT
    + SUBJECT
    + _columns(
        engine=NAME,
        load_ms="Float32",
        backend_init_ms="Nullable(Float32)",
        first_prediction_ms="Nullable(Float32)",
        download_bytes="Nullable(UInt64)",
        cache_hit="Nullable(Bool)",
        fallback_backends="Array(String)",
        fallback_variants="Array(String)",
        fallback_errors="Array(String)",
    )
    + VERSIONS,
    "incidents": EVENT
    + SUBJECT
    + _columns(
        kind=NAME,
        count="UInt32",
        error=NAME,
        phase=NAME,  # of `killed` only; empty otherwise
        crash=NAME,  # why, where a browser's crash report told it; empty otherwise
    )
    + VERSIONS,
    "exposures": EVENT
    + SUBJECT
    + _columns(source=NAME, config_version="UInt32", device_class=NAME, probability="Float64"),
    "stages": EVENT
    + _columns(
        stage=NAME,
        model=NAME,
        backend=NAME,
        duration_ms="UInt32",
        count="UInt32",
        span_buckets=BUCKETS,
        span_counts=COUNTS,
    ),
    "races": EVENT
    + SUBJECT
    + _columns(
        engine=NAME,
        race="UInt8",  # which race of its batch; (batch_id, race) names a race, place an arm of it
        place="UInt8",  # in the order that the arms ran, from 0
        asked=NAME,
        input=NAME,
        budget_ms="UInt32",
        spent_ms="Float32",
        outcome=NAME,
        start_ms="Nullable(Float32)",
        load_ms="Nullable(Float32)",
        first_ms="Nullable(Float32)",
        ready_ms="Nullable(Float32)",
        runs="UInt16",
        winner="Bool",
    ),
    "leak_traces": EVENT
    + SUBJECT
    + _columns(
        engine=NAME,
        predictions="UInt32",
        loads="UInt32",
        sites=TEXT,  # JSON, as it came: what stayed, and the frames that made it
    ),
    "drops": _columns(app=NAME, received_at=TIME, session=TEXT, release=NAME, reason=NAME, count="UInt32"),
    "decisions": _columns(
        run_id=TEXT,
        decided_at=TIME,
        app=NAME,
        model=NAME,
        device_class=NAME,
        level="UInt8",
        state=NAME,
        backend=NAME,
        variant=NAME,
        default_backend=NAME,
        expected_ratio="Float64",
        record=TEXT,
    ),
    "config_versions": _columns(
        app=NAME,
        version="UInt32",
        created_at=TIME,
        author=TEXT,
        action=NAME,
        note=TEXT,
        enabled="Bool",
        sample_rate="Float64",
        plans=TEXT,
        canaries=TEXT,  # JSON: model -> canary; empty: none
    ),
    "app_versions": _columns(
        app=NAME,
        version="UInt32",
        created_at=TIME,
        author=TEXT,
        action=NAME,
        note=TEXT,
        removed="Bool",
        origins="Array(String)",
        sample_rate="Nullable(Float64)",  # NULL: the default holds
        retention_days="Nullable(UInt16)",
        objective=TEXT,  # its text form (contract/objective.py); empty: the default holds
        owner=NAME,  # empty: nobody in particular
        keys=TEXT,  # JSON, hashes only
    ),
    "key_uses": _columns(app=NAME, key_id=TEXT, day="Date"),
    "models": _columns(app=NAME, model=NAME, registered_at=TIME, engine=NAME, source=TEXT),
    "variants": _columns(
        app=NAME,
        model=NAME,
        variant=NAME,
        url=TEXT,
        format=NAME,
        bytes="UInt64",
        agreement="Nullable(Float64)",
        accuracy="Nullable(Float64)",
        registered_at=TIME,
        metadata=TEXT,
    ),
    "variant_versions": _columns(
        app=NAME,
        model=NAME,
        variant=NAME,
        version="UInt32",
        created_at=TIME,
        author=TEXT,
        action=NAME,
        note=TEXT,
        removed="Bool",
        url=TEXT,  # empty: the URL that the page gives
        engine=NAME,
        kind=NAME,  # float16, uint8, pruned, ...
        content_id=TEXT,  # SHA-256 over weights and topology, as `variants build` makes it
        source_id=TEXT,  # SHA-256 of the source that the variant was made from
        bytes="UInt64",
        brotli_bytes="Nullable(UInt64)",
        integrity=TEXT,  # SHA-256 of the file that the URL names
        agreement="Nullable(Float64)",
        accuracy="Nullable(Float64)",
        accuracy_of=NAME,  # the metric: top1, ...
        samples="Nullable(UInt64)",
        accepted="Nullable(Bool)",  # NULL: nobody judged it
        refused_by="Array(String)",
        backends=TEXT,  # JSON: backend -> verdict
        metadata=TEXT,  # JSON
    ),
    "model_versions": _columns(
        app=NAME,
        model=NAME,
        version="UInt32",
        created_at=TIME,
        author=TEXT,
        action=NAME,
        note=TEXT,
        max_accuracy_loss="Nullable(Float64)",  # NULL: the setting holds
    ),
    "canary_versions": _columns(
        app=NAME,
        model=NAME,
        version="UInt32",
        created_at=TIME,
        author=TEXT,
        action=NAME,
        note=TEXT,
        removed="Bool",
        canary_id=TEXT,
        canary=TEXT,  # JSON
        contents=TEXT,  # JSON: variant -> content id
        evidence=TEXT,  # JSON
    ),
    "deletions": _columns(
        app=NAME,
        asked_at=TIME,
        session_hash=TEXT,  # SHA-256; empty when the whole app was deleted
        author=TEXT,
        note=TEXT,
        rows=TEXT,  # JSON: table -> rows that there were
    ),
    "findings": _columns(
        finding_id=TEXT,
        kind=NAME,
        app=NAME,
        model=NAME,
        release=NAME,
        backend=NAME,
        scope=TEXT,
        state=NAME,
        severity=NAME,
        opened_at=TIME,
        updated_at=TIME,
        resolved_at=f"Nullable({TIME})",
        summary=TEXT,
        evidence=TEXT,
    ),
}

_ARROW: dict[str, pa.DataType] = {
    "String": pa.string(),
    "Bool": pa.bool_(),
    "UInt8": pa.uint8(),
    "UInt16": pa.uint16(),
    "UInt32": pa.uint32(),
    "UInt64": pa.uint64(),
    "Int16": pa.int16(),
    "Int64": pa.int64(),
    "Float32": pa.float32(),
    "Float64": pa.float64(),
    "Date": pa.date32(),
    TIME: pa.timestamp("ms", tz="UTC"),
}


def _arrow_type(type_: str) -> pa.DataType:
    for wrapper in ("LowCardinality", "Nullable"):
        if type_.startswith(f"{wrapper}("):
            return _arrow_type(type_[len(wrapper) + 1 : -1])
    if type_.startswith("Array("):
        return pa.list_(_arrow_type(type_[len("Array(") : -1]))
    return _ARROW[type_]


SCHEMAS: dict[str, pa.Schema] = {
    table: pa.schema(
        [
            pa.field(column.name, _arrow_type(column.type), nullable=column.type.startswith("Nullable("))
            for column in columns
        ]
    )
    for table, columns in COLUMNS.items()
}
"""What ``Store.insert`` accepts, table by table: every column, in this order, with these types."""


def millisecond(moment: datetime) -> datetime:
    """A moment as ``TIME`` keeps it: what is compared with its row must be cut as well."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)
