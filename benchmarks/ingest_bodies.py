"""Realistic reports for the ingest benchmark: three 60-second windows with histograms and memory points."""

import json
import math
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from collector.contract.histogram import RATIO, encode

ID_SLOT = b"#" * 22
"""Where each request puts a batch id of its own."""

_DEVICES = [
    {
        "os": "windows",
        "browser": "chromium",
        "form": "desktop",
        "gpu": "nvidia-ampere",
        "webgl": 2,
        "webgpu": True,
    },
    {"os": "macos", "browser": "safari", "form": "desktop", "gpu": "apple", "webgl": 2},
    {
        "os": "android",
        "browser": "chromium",
        "form": "mobile",
        "gpu": "qualcomm-adreno",
        "webgl": 2,
        "webgpu": True,
    },
    {"os": "ios", "browser": "safari", "form": "mobile", "gpu": "apple", "webgl": 2},
    {"os": "linux", "browser": "firefox", "form": "desktop", "gpu": "intel-gen12", "webgl": 2},
]
_BACKENDS = ["webgl", "webgpu", "wasm-simd", "wasm-simd-threads", "cpu"]
_MODELS = ["blazeface", "facemesh", "movenet", "handtrack"]


def make_bodies(count: int, *, app: str, seed: int) -> list[bytes]:
    """Distinct reports as JSON; each has ``ID_SLOT`` in place of its batch id."""
    draw = random.Random(seed)
    return [json.dumps(_report(draw, app), separators=(",", ":")).encode() for _ in range(count)]


def write_bodies(path: Path, bodies: list[bytes]) -> None:
    """One file for all the load processes of a run: making the bodies takes longer than sending them."""
    with path.open("wb") as file:
        for body in bodies:
            file.write(len(body).to_bytes(4, "little") + body)


def read_bodies(path: Path) -> list[bytes]:
    """What ``write_bodies`` wrote."""
    content = path.read_bytes()
    bodies, at = [], 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "little")
        bodies.append(content[at + 4 : at + 4 + size])
        at += 4 + size
    return bodies


def _report(draw: random.Random, app: str) -> dict[str, Any]:
    now = int(time.time() * 1000)
    device = {
        **draw.choice(_DEVICES),
        "browser_major": draw.randint(120, 156),
        "memory_gb": draw.choice([4, 8, 16]),
        "cores": draw.choice([4, 8, 16]),
        "wasm_simd": True,
    }
    return {
        "v": 1,
        "batch_id": ID_SLOT.decode(),
        "sent_at": now,
        "sdk": "js/0.1.0",
        "app": app,
        "release": f"1.{draw.randint(0, 9)}.0",
        "session": f"{draw.getrandbits(128):022x}"[:22],
        "seq": draw.randint(0, 50),
        "device": device,
        "windows": [_window(draw, now - 60_000 * (3 - n)) for n in range(3)],
    }


def _window(draw: random.Random, started_at: int) -> dict[str, Any]:
    count = draw.choice([1800, 1750, 900, 620, 300])
    centre = draw.uniform(4, 40)
    return {
        "model": draw.choice(_MODELS),
        "backend": draw.choice(_BACKENDS),
        "started_at": started_at,
        "duration_ms": 60_000,
        "count": count,
        "dispatch_ms": _histogram(draw, centre / 5, count),
        "ready_ms": _histogram(draw, centre, count),
        "ready_method": "read",
        "kernel_ms": _histogram(draw, centre * 0.8, 3),
        "kernel_method": "gpu_timer",
        "memory": _memory(draw, count),
    }


def _histogram(draw: random.Random, centre_ms: float, count: int) -> dict[str, list[int]]:
    noise = np.random.default_rng(draw.getrandbits(32))
    buckets = np.floor(np.log(noise.lognormal(math.log(centre_ms), 0.25, count)) / math.log(RATIO))
    gaps, counts = encode(Counter(buckets.astype(int).tolist()))
    return {"buckets": gaps, "counts": counts}


def _memory(draw: random.Random, count: int) -> dict[str, list[int]]:
    points = 16
    return {
        "predictions": [draw.randint(1000, 90_000)] + [count // points] * (points - 1),
        "tensors": [draw.randint(200, 900)]
        + [draw.choice([0, 0, 0, 1, -1]) if n % 2 else 0 for n in range(points - 1)],
        "bytes": [draw.randint(500_000, 9_000_000)] + [draw.choice([0, 0, 4096]) for _ in range(points - 1)],
        "gpu_bytes": [draw.randint(800_000, 19_000_000)]
        + [draw.choice([0, 0, 65536]) for _ in range(points - 1)],
    }
