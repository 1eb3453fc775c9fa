"""Synthetic telemetry as the ingest path would store it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from collector.contract import histogram
from collector.store import Store
from collector.store.columns import SCHEMAS

DEVICE: dict[str, Any] = {
    "os": "linux",
    "browser": "chromium",
    "browser_major": 156,
    "form": "desktop",
    "gpu": "swiftshader",
    "memory_gb": 8,
    "cores": 2,
    "wasm_simd": True,
    "wasm_threads": True,
    "webgl": 2,
    "webgpu": True,
}
UNTOLD: dict[str, Any] = {"steerable": True, "nth_load": 1}
"""What the contract takes for a field that was not sent, where that is not empty."""
EMPTY = {pa.types.is_list: [], pa.types.is_string: "", pa.types.is_boolean: False, pa.types.is_integer: 0}


def insert(store: Store, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Stores rows, filling the columns that a test does not care about."""
    schema = SCHEMAS[table]
    filled = [{field.name: row.get(field.name, _untold(field)) for field in schema} for row in rows]
    store.insert(table, pa.Table.from_pylist(filled, schema=schema))


def window(
    session: str, backend: str, at: datetime, ready_ms: Iterable[float], **other: Any
) -> dict[str, Any]:
    counts = histogram.record(ready_ms)
    buckets = sorted(counts)
    return {
        "app": "demo",
        "at": at,
        "received_at": at + timedelta(seconds=1),
        "session": session,
        "model": "blazeface",
        "variant": "original",
        "backend": backend,
        "count": sum(counts.values()),
        "ready_buckets": buckets,
        "ready_counts": [counts[bucket] for bucket in buckets],
        "ready_method": "read",
        **DEVICE,
        **other,
    }


def load(session: str, backend: str, at: datetime, start_ms: float, **other: Any) -> dict[str, Any]:
    return {
        "app": "demo",
        "at": at,
        "received_at": at + timedelta(seconds=1),
        "session": session,
        "model": "blazeface",
        "variant": "original",
        "backend": backend,
        "load_ms": start_ms / 2,
        "backend_init_ms": start_ms / 4,
        "first_prediction_ms": start_ms / 4,
        **DEVICE,
        **other,
    }


def race(
    session: str, at: datetime, ready_ms: Mapping[str, float | None], **other: Any
) -> list[dict[str, Any]]:
    """The rows of a race of these backends, None for one that failed; the fastest wins."""
    measured = {backend: ready for backend, ready in ready_ms.items() if ready is not None}
    return [
        {
            "app": "demo",
            "at": at,
            "received_at": at + timedelta(seconds=1),
            "session": session,
            "batch_id": f"batch-{session}",
            "model": "blazeface",
            "variant": "original",
            "backend": backend,
            "place": place,
            "asked": "plan",
            "input": "canary",
            "outcome": "failed" if ready is None else "measured",
            "ready_ms": ready,
            "winner": ready is not None and ready == min(measured.values()),
            **DEVICE,
            **other,
        }
        for place, (backend, ready) in enumerate(ready_ms.items())
    ]


def insert_sessions(
    store: Store,
    at: datetime,
    arms: Mapping[str, tuple[float, float]],
    sessions: int,
    *,
    seed: int,
    default: str = "webgpu",
    **other: Any,
) -> None:
    """Sessions of 40 predictions for each backend, given as backend -> (ready ms, start ms)."""
    random = np.random.default_rng(seed)
    windows, loads, exposures = [], [], []
    for backend, (ready, start) in arms.items():
        for number in range(sessions):
            session = f"session-{backend}-{seed}-{number:04d}"
            speed = random.lognormal(0, 0.15)
            windows.append(
                window(session, backend, at, ready * speed * random.lognormal(0, 0.1, 40), **other)
            )
            loads.append(load(session, backend, at, start * random.lognormal(0, 0.2), **other))
            exposures.append(
                {**loads[-1], "source": "default" if backend == default else "override", "probability": 1.0}
            )
    insert(store, "windows", windows)
    insert(store, "loads", loads)
    insert(store, "exposures", exposures)


def _untold(field: pa.Field) -> Any:
    if field.name in UNTOLD:
        return UNTOLD[field.name]
    if field.nullable:
        return None
    for matches, value in EMPTY.items():
        if matches(field.type):
            return value
    return 0.0
