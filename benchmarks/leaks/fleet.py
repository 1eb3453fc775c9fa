"""A store with 23,000 sessions whose memory is judged in one run of the job."""

from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.leaks.pages import HONEST, LEAKING
from benchmarks.leaks.sessions import NOW
from collector.store import SCHEMAS, Store

APP = "bench"
PER_COHORT = 100
"""As many as a cohort is judged on by default."""
COHORTS = 230
WINDOWS = 3
POINTS = 16
PAGES = {name: {**HONEST, **LEAKING}[name] for name in ("flat", "noise", "saw", "models later", "1 in 10")}


def fill(store: Store) -> int:
    """Adds the sessions, of 230 cohorts with 3 windows each; says how many."""
    for cohort in range(COHORTS):
        store.insert("windows", _windows(cohort))
    return COHORTS * PER_COHORT


def _windows(cohort: int) -> pa.Table:
    random = np.random.default_rng(cohort)
    page = list(PAGES.values())[cohort % len(PAGES)]
    points: dict[str, list[Any]] = {name: [] for name in ("predictions", "tensors", "bytes", "gpu")}
    durations = []
    for _ in range(PER_COHORT):
        length = int(np.exp(random.uniform(np.log(100), np.log(5000))))
        at = np.linspace(0, length, WINDOWS * POINTS).astype(np.int64)
        held = page.tensors(random, np.arange(length + 1))[at].astype(np.int64) + 180
        for part in range(WINDOWS):
            of = slice(part * POINTS, (part + 1) * POINTS)
            points["predictions"].append(at[of])
            points["tensors"].append(held[of])
            points["bytes"].append(held[of] * page.bytes_per_tensor)
            points["gpu"].append(held[of] * page.bytes_per_tensor + 10**6)
            durations.append(round(1000 * length / page.per_second / WINDOWS))
    rows = PER_COHORT * WINDOWS
    told = NOW - timedelta(hours=1)
    values: dict[str, Any] = {
        "app": [APP] * rows,
        "at": [told] * rows,
        "received_at": [told] * rows,
        "release": [f"{cohort % 6}"] * rows,
        "session": [f"c{cohort}-{row // WINDOWS}" for row in range(rows)],
        "model": [f"model-{cohort // 18}"] * rows,
        "backend": [("webgl", "webgpu", "wasm-simd")[cohort // 6 % 3]] * rows,
        "engine": ["tfjs"] * rows,
        "variant": ["original"] * rows,
        "duration_ms": durations,
        "count": [1] * rows,
        "memory_predictions": points["predictions"],
        "memory_tensors": points["tensors"],
        "memory_bytes": points["bytes"],
        "memory_gpu_bytes": points["gpu"],
        "memory_gpu_allocated_bytes": points["gpu"],
    }
    schema = SCHEMAS["windows"]
    return pa.table(
        [pa.array(values.get(field.name, [_empty(field.type)] * rows), field.type) for field in schema],
        schema=schema,
    )


def _empty(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return []
    if pa.types.is_boolean(kind):
        return False
    return "" if pa.types.is_string(kind) else 0
