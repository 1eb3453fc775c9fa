"""Fills a store with a week of one app: four kinds of device, two releases, one of them leaking.

The figures are drawn at random in the order of magnitude of published ones; nothing here is a measurement.
``python -m tests.integration.fleet.seed chdb:///tmp/somewhere/engine`` fills a store to look at by hand.
"""

import math
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from collector.contract.histogram import record
from collector.store import SCHEMAS, Store, open_store
from collector.store.migrate import upgrade
from tests.integration.fleet.seed_verdicts import verdicts

APP = "demo"
DAYS = 7
OLD_RELEASE, LEAKING_RELEASE = "1.4.0", "1.5.0"
LEAK_PER_PREDICTION = 2
WEIGHTS = {"blazeface": (112, 539_000), "facemesh": (214, 1_480_000)}
VERSIONS = {"engine_version": "tfjs/4.22.0", "model_release": ""}


class Kind(NamedTuple):
    """A kind of device, how common it is, and the median ready_ms of its backends."""

    facts: dict[str, Any]
    share: float
    ready_ms: dict[str, float]
    start_ms: dict[str, float]


KINDS = (
    Kind(
        {
            "form": "desktop",
            "os": "windows",
            "browser": "chromium",
            "gpu": "nvidia-ampere",
            "memory_gb": 16,
            "cores": 16,
        },
        0.34,
        {"webgpu": 6.2, "webgl": 13.5, "wasm-simd-threads": 17.0, "cpu": 205.0},
        {"webgpu": 420.0, "webgl": 890.0, "wasm-simd-threads": 130.0, "cpu": 240.0},
    ),
    Kind(
        {"form": "desktop", "os": "macos", "browser": "safari", "gpu": "apple", "memory_gb": 8, "cores": 8},
        0.24,
        {"webgl": 9.8, "wasm-simd": 21.0, "cpu": 150.0},
        {"webgl": 510.0, "wasm-simd": 95.0, "cpu": 180.0},
    ),
    Kind(
        {
            "form": "mobile",
            "os": "android",
            "browser": "chromium",
            "gpu": "qualcomm-adreno",
            "memory_gb": 4,
            "cores": 8,
        },
        0.30,
        {"webgl": 58.0, "wasm-simd": 44.0, "webgpu": 31.0, "cpu": 520.0},
        {"webgl": 2900.0, "wasm-simd": 310.0, "webgpu": 1250.0, "cpu": 640.0},
    ),
    Kind(
        {
            "form": "desktop",
            "os": "linux",
            "browser": "chromium",
            "gpu": "swiftshader",
            "memory_gb": 8,
            "cores": 4,
        },
        0.12,
        {"webgl": 186.0, "wasm-simd": 27.0, "cpu": 230.0},
        {"webgl": 1700.0, "wasm-simd": 120.0, "cpu": 260.0},
    ),
)
PRIORITY = ("webgpu", "webgl", "wasm-simd-threads", "wasm-simd", "cpu")


def fill(store: Store, *, now: datetime, sessions: int = 900, seed: int = 7) -> None:
    """Inserts the week before ``now``. The same arguments give the same rows."""
    random = np.random.default_rng(seed)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    for number in range(sessions):
        _session(random, number, now, rows)
    verdicts(rows, now=now, app=APP)
    for table, entries in rows.items():
        if entries:
            store.insert(
                table, pa.Table.from_pylist(entries, schema=SCHEMAS[table]), token=f"seed-{seed}-{table}"
            )


def _session(
    random: np.random.Generator, number: int, now: datetime, rows: dict[str, list[dict[str, Any]]]
) -> None:
    kind = KINDS[int(random.choice(len(KINDS), p=[kind.share for kind in KINDS]))]
    age_days = _age(random)
    at = now - timedelta(days=age_days)
    release = LEAKING_RELEASE if age_days < 2.6 + random.normal(0, 0.25) else OLD_RELEASE
    backend, source = _arm(random, kind, age_days)
    model = "blazeface" if random.random() < 0.78 else "facemesh"
    variant = "float16" if backend in ("webgpu", "webgl") and random.random() < 0.35 else "original"
    event = _event(random, number, at, release, kind)
    subject = {"model": model, "variant": variant, "backend": backend}
    slow = (1.0 if model == "blazeface" else 2.7) * math.exp(random.normal(0, 0.22))
    start = kind.start_ms[backend] * slow
    cached = bool(random.random() < 0.55)
    rows["loads"].append(
        event
        | subject
        | {
            "engine": "tfjs",
            "load_ms": (40.0 if cached else 320.0) * math.exp(random.normal(0, 0.5)),
            "backend_init_ms": 0.3 * start * math.exp(random.normal(0, 0.2)),
            "first_prediction_ms": 0.7 * start * math.exp(random.normal(0, 0.25)),
            "download_bytes": 0 if cached else WEIGHTS[model][1] // (2 if variant == "float16" else 1),
            "cache_hit": cached,
            "fallback_backends": [],
            "fallback_variants": [],
            "fallback_errors": [],
            **VERSIONS,
        }
    )
    rows["exposures"].append(
        event
        | subject
        | {
            "source": source,
            "config_version": 3 if source == "config" else 0,
            "device_class": "form={form},os={os}".format(**kind.facts) if source == "config" else "",
            "probability": 0.9 if source == "config" else 1.0,
        }
    )
    done = 0
    for minute in range(int(random.integers(1, 6))):
        window = _window(random, event, at + timedelta(minutes=minute), kind.ready_ms[backend] * slow, done)
        leak = LEAK_PER_PREDICTION if release == LEAKING_RELEASE and backend == "webgl" else 0
        done += window["count"]
        rows["windows"].append(
            window | subject | _memory(random, model, backend, done - window["count"], done, leak)
        )
    if random.random() < 0.2:
        rows["stages"].extend(_stages(random, event, model, backend, kind.ready_ms[backend] * slow))
    _trouble(random, event, subject, release, rows)


def _age(random: np.random.Generator) -> float:
    """Days before now: more by day than by night."""
    while True:
        age = float(random.uniform(0.002, DAYS))
        if random.random() < 0.35 + 0.65 * math.sin(math.pi * ((age * 24) % 24) / 24) ** 2:
            return age


def _arm(random: np.random.Generator, kind: Kind, age_days: float) -> tuple[str, str]:
    """A config goes out three days before now; until then the library's own priority picks."""
    default = next(name for name in PRIORITY if name in kind.ready_ms)
    best = min(kind.ready_ms, key=lambda name: kind.ready_ms[name])
    if age_days < 3 and random.random() < 0.86:
        return (
            (best, "config")
            if random.random() < 0.93
            else (str(random.choice(list(kind.ready_ms))), "config")
        )
    if random.random() < 0.25:
        return str(random.choice(list(kind.ready_ms))), "override"
    return default, "last_known_good" if age_days < 3 and random.random() < 0.3 else "default"


def _event(
    random: np.random.Generator, number: int, at: datetime, release: str, kind: Kind
) -> dict[str, Any]:
    return {
        "app": APP,
        "at": at,
        "received_at": at + timedelta(seconds=62),
        "release": release,
        "session": f"session-{number:08d}",
        "batch_id": f"batch-{number:010d}",
        "sdk": "js/0.1.0" if number % 9 else "js/0.0.9",
        "browser_major": int(random.integers(140, 157)),
        "wasm_simd": True,
        "wasm_threads": "wasm-simd-threads" in kind.ready_ms,
        "webgl": 2,
        "webgpu": "webgpu" in kind.ready_ms,
        "automated": False,
        "steerable": True,
        "clock_skew_ms": int(random.normal(0, 300)),
        **kind.facts,
    }


def _histogram(values: Any) -> tuple[list[int], list[int]]:
    counts = record(float(value) for value in values)
    buckets = sorted(counts)
    return buckets, [counts[bucket] for bucket in buckets]


def _window(
    random: np.random.Generator, event: dict[str, Any], at: datetime, median_ms: float, done: int
) -> dict[str, Any]:
    count = int(random.integers(20, 220))
    ready = median_ms * np.exp(random.normal(0, 0.28, count))
    ready[: count // 40] *= 4  # a slow tail: the page was busy
    ready_buckets, ready_counts = _histogram(ready)
    dispatch_buckets, dispatch_counts = _histogram(ready * 0.2)
    kernel_buckets, kernel_counts = _histogram(ready[:: max(1, count // 3)] * 0.7)
    return event | {
        "at": at,
        "received_at": at + timedelta(seconds=62),
        "batch_id": f"{event['batch_id']}-{done}",
        "engine": "tfjs",
        "duration_ms": 60_000,
        "count": count,
        "errors": int(random.random() < 0.02),
        "threads": 4 if event["wasm_threads"] else 0,
        "dispatch_buckets": dispatch_buckets,
        "dispatch_counts": dispatch_counts,
        "ready_buckets": ready_buckets,
        "ready_counts": ready_counts,
        "ready_method": "read",
        "kernel_buckets": kernel_buckets,
        "kernel_counts": kernel_counts,
        "kernel_method": "wall",
        "nth_load": 1,
        **VERSIONS,
    }


def _memory(
    random: np.random.Generator, model: str, backend: str, first: int, last: int, leak: int
) -> dict[str, Any]:
    tensors, weight = WEIGHTS[model]
    points = [int(point) for point in np.unique(np.linspace(first, last, 8).astype(int))]
    held = [tensors + leak * point + int(random.integers(0, 2)) for point in points]
    size = [weight + (count - tensors) * 4096 for count in held]
    return {
        "memory_predictions": points,
        "memory_tensors": held,
        "memory_bytes": size,
        "memory_gpu_bytes": [value * 2 for value in size] if backend in ("webgl", "webgpu") else [],
        "memory_gpu_allocated_bytes": [value * 5 for value in size] if backend in ("webgl", "webgpu") else [],
        "memory_heap_bytes": [64 << 20] * len(size) if backend.startswith("wasm") else [],
        "tensors_min": min(held),
        "tensors_max": max(held) + 6,
    }


def _stages(
    random: np.random.Generator, event: dict[str, Any], model: str, backend: str, ready_ms: float
) -> list[dict[str, Any]]:
    stages = []
    for stage, median in (("pre", 2.1), ("infer", ready_ms), ("post", 1.2), ("frame", ready_ms + 4.5)):
        buckets, counts = _histogram(median * np.exp(random.normal(0, 0.2, 60)))
        stages.append(
            event
            | {"stage": stage, "model": model, "backend": backend, "duration_ms": 60_000, "count": 60}
            | {"span_buckets": buckets, "span_counts": counts}
        )
    return stages


def _trouble(
    random: np.random.Generator,
    event: dict[str, Any],
    subject: dict[str, str],
    release: str,
    rows: dict[str, list[dict[str, Any]]],
) -> None:
    def incident(kind: str, error: str = "", count: int = 1, phase: str = "") -> None:
        told = {"kind": kind, "count": count, "error": error, "phase": phase, "crash": "", **VERSIONS}
        rows["incidents"].append(event | subject | told)

    def fall_back() -> None:
        incident("fallback", "Error")
        incident("killed", phase="load")  # an earlier life, in which it did not even fall back

    chances: tuple[tuple[float, Callable[[], None]], ...] = (
        (0.012, lambda: incident("error", "TypeError")),
        (0.006, lambda: incident("hang")),
        (0.015, fall_back),
        (
            0.03 if release == LEAKING_RELEASE and subject["backend"] == "webgl" else 0.002,
            lambda: incident("context_lost"),
        ),
        (
            0.02 if release == LEAKING_RELEASE and subject["backend"] == "webgl" else 0.0,
            lambda: incident("out_of_memory"),
        ),
    )
    for chance, happen in chances:
        if random.random() < chance:
            happen()
    if random.random() < 0.03:
        reason = "queue_full" if random.random() < 0.7 else "retries_exhausted"
        keys = ("app", "received_at", "session", "release")
        rows["drops"].append(
            {key: event[key] for key in keys} | {"reason": reason, "count": int(random.integers(1, 9))}
        )


def main() -> None:
    """Fills the store named on the command line, up to the present moment."""
    dsn = sys.argv[1]
    upgrade(dsn)
    with open_store(dsn) as store:
        fill(store, now=datetime.now(UTC), sessions=int(sys.argv[2]) if len(sys.argv) > 2 else 900)


if __name__ == "__main__":
    main()
