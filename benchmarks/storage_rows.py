"""Realistic windows, many and fast: frame-rate and click apps on a mixed fleet, in the order of arrival."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from collector.store import SCHEMAS

START = datetime(2026, 9, 7, tzinfo=UTC)  # a Monday
DAYS = 28
Array = np.ndarray[Any, Any]
FLEET = [  # os, browser, form, gpu, memory, cores, backend, typical milliseconds
    ("windows", "chromium", "desktop", "intel-gen12", 8, 8, "webgl", 9.0),
    ("windows", "edge", "desktop", "nvidia-ampere", 16, 16, "webgpu", 3.0),
    ("windows", "firefox", "desktop", "unknown", 0, 8, "wasm-simd", 24.0),
    ("macos", "safari", "desktop", "apple", 0, 8, "webgl", 6.0),
    ("android", "chromium", "mobile", "adreno-6xx", 4, 8, "webgl", 21.0),
    ("android", "chromium", "mobile", "mali-g7x", 4, 8, "wasm-simd", 48.0),
    ("ios", "safari", "mobile", "apple", 0, 4, "webgl", 11.0),
    ("linux", "chromium", "desktop", "swiftshader", 8, 4, "wasm-simd-threads", 18.0),
]


def _lists(values: Array, keep: Array, kind: pa.DataType) -> pa.Array:
    """Rows of the matrix ``values`` where ``keep``, as a ListArray: from offsets, which is fast."""
    offsets = np.concatenate([[0], np.cumsum(keep.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values[keep], kind))


def _histograms(random: np.random.Generator, centre: Array, count: Array) -> tuple[pa.Array, pa.Array]:
    """Bucket indexes and counts of log-normal durations around ``centre`` ms, ``count`` of them a row."""
    middle = np.floor(np.log(centre) / np.log(1.04)).astype(int)
    width = 4.0 + 3.0 * random.random(len(centre))  # log-sd of 0.16 to 0.27
    steps = np.arange(-16, 33)
    share = np.exp(-0.5 * (steps[None, :] / width[:, None]) ** 2) / (width[:, None] * 2.5066)
    share[:, 26:] += 0.0004  # the tail: garbage collection, a busy page
    counts = random.poisson(share * count[:, None])
    counts[np.arange(len(centre)), 16] += counts.sum(axis=1) == 0  # a window has one prediction at least
    return _lists(middle[:, None] + steps[None, :], counts > 0, pa.int16()), _lists(
        counts, counts > 0, pa.uint32()
    )


def _ids(random: np.random.Generator, count: int) -> Array:
    """Random identifiers of 22 characters, as the SDK makes them."""
    letters = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype="S1")
    return letters[random.integers(0, 64, (count, 22))].view("S22").ravel().astype("U22")


def windows(rows: int, seed: int = 1, start: datetime = START) -> pa.Table:
    """``rows`` windows in the order of arrival, over four weeks from ``start``, for ``Store.insert``."""
    random = np.random.default_rng(seed)
    sessions = max(1, rows // 8)
    lengths = random.geometric(1 / 8, sessions)
    of = np.repeat(np.arange(sessions), lengths)[:rows]
    while len(of) < rows:
        of = np.append(of, random.integers(0, sessions, rows - len(of)))
    of.sort()
    nth = np.arange(rows) - np.searchsorted(of, of)
    device = random.choice(len(FLEET), sessions, p=[0.26, 0.08, 0.07, 0.12, 0.17, 0.08, 0.17, 0.05])[of]
    app = random.choice(3, sessions, p=[0.6, 0.3, 0.1])[of]
    frames = app == 0  # 'video' runs at frame rate, the others on a click
    ids = _ids(random, sessions)[of]
    batch = _ids(random, rows)
    batch[1:] = np.where(
        (nth[1:] % 2 == 1) & (of[1:] == of[:-1]), batch[:-1], batch[1:]
    )  # two windows a report
    opened = (
        random.integers(0, DAYS * 86_400_000, sessions)[of] + nth * 60_000 + random.integers(0, 400, rows)
    )
    skew = (random.normal(0, 1, sessions) * 900).astype(np.int64)[of]
    received = opened + 60_000 + random.integers(50, 4_000, rows) + (nth % 2 == 0) * 60_000
    typical = np.array([kind[7] for kind in FLEET])[device] * np.exp(random.normal(0, 0.25, sessions))[of]
    count = np.where(frames, random.integers(600, 1801, rows), random.integers(1, 25, rows))
    dispatch = _histograms(random, np.maximum(typical * 0.2, 0.05), count)
    ready = _histograms(random, typical, count)
    sampled = count // 1_000
    kernel = _histograms(random, typical * 0.8, np.maximum(sampled, 1))
    points = np.minimum(16, np.maximum(2, count // 100))
    place = np.arange(16)[None, :]
    keep = place < points[:, None]
    predictions = (nth * 1200)[:, None] + (place * count[:, None]) // points[:, None]
    leaking = (random.random(sessions) < 0.03)[of]
    tensors = random.integers(80, 400, sessions)[of][:, None] + leaking[:, None] * predictions
    held = tensors * 4096
    on_gpu = np.isin(device, [0, 1, 3, 4, 6])
    order = np.argsort(received, kind="stable")

    def fact(position: int) -> list[Any]:
        return [FLEET[index][position] for index in device]

    base = int(start.timestamp() * 1000)
    columns: dict[str, Any] = {
        "app": np.array(["video", "shop", "lab"])[app],
        "at": opened + base,
        "received_at": received + base,
        "release": np.array(["1.4.0", "1.4.1", "1.5.0"])[(opened // (10 * 86_400_000)).clip(0, 2)],
        "session": ids,
        "batch_id": batch,
        "sdk": np.full(rows, "js/0.1.0"),
        "os": fact(0),
        "browser": fact(1),
        "browser_major": 140 + device % 3 + (opened // (14 * 86_400_000)),
        "form": fact(2),
        "gpu": fact(3),
        "memory_gb": fact(4),
        "cores": fact(5),
        "wasm_simd": np.full(rows, True),
        "wasm_threads": device == 7,
        "webgl": np.full(rows, 2),
        "webgpu": device == 1,
        "automated": np.full(rows, False),
        "clock_skew_ms": skew + random.integers(-20, 20, rows),
        "model": np.array(["blazeface", "mobilenet", "movenet"])[(of + app) % 3],
        "variant": np.where(of % 4 == 0, "float16", "original"),
        "backend": fact(6),
        "steerable": np.full(rows, True),
        "engine": np.full(rows, "tfjs"),
        "duration_ms": np.where(
            frames, 60_000 + random.integers(0, 40, rows), random.integers(200, 60_000, rows)
        ),
        "count": count,
        "errors": random.random(rows) < 0.01,
        "threads": np.where(device == 7, 4, 0),
        "dispatch_buckets": dispatch[0],
        "dispatch_counts": dispatch[1],
        "ready_buckets": ready[0],
        "ready_counts": ready[1],
        "ready_method": np.where(on_gpu, "read", "return"),
        "kernel_buckets": kernel[0],
        "kernel_counts": kernel[1],
        "kernel_method": np.where(on_gpu, "gpu_timer", "wall"),
        "memory_predictions": _lists(predictions, keep, pa.uint32()),
        "memory_tensors": _lists(tensors, keep, pa.uint64()),
        "memory_bytes": _lists(held, keep, pa.uint64()),
        "memory_gpu_bytes": _lists(held, keep & on_gpu[:, None], pa.uint64()),
        "memory_gpu_allocated_bytes": _lists(held, keep & on_gpu[:, None], pa.uint64()),
        "memory_heap_bytes": _lists(held, keep & ~on_gpu[:, None], pa.uint64()),
        "tensors_min": tensors.min(axis=1),
        "tensors_max": tensors.max(axis=1),
        "nth_load": np.ones(rows),
        "engine_version": np.where(opened < 14 * 86_400_000, "tfjs/4.21.0", "tfjs/4.22.0"),
        "model_release": np.full(rows, "2026-11"),
    }
    arrays = [
        value if isinstance(value, pa.Array) else pa.array(value).cast(field.type)
        for field, value in zip(
            SCHEMAS["windows"], (columns[field.name] for field in SCHEMAS["windows"]), strict=True
        )
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMAS["windows"]).take(pa.array(order))
