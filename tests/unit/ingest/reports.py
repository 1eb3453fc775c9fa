"""Valid reports to start from."""

import json
import time
import uuid
from collections.abc import Iterable
from typing import Any

from collector.ingest.batch import Batch
from collector.ingest.structs import LENIENT

Json = dict[str, Any]


def now_ms() -> int:
    return int(time.time() * 1000)


def a_window(**changes: Any) -> Json:
    return {
        "model": "blazeface",
        "backend": "webgl",
        "started_at": now_ms() - 60_000,
        "duration_ms": 60_000,
        "count": 1800,
        "ready_ms": {"buckets": [70, 1, 2], "counts": [5, 95, 500]},
        "ready_method": "read",
        "memory": {"predictions": [10, 600], "tensors": [305, 1], "bytes": [539_000, -4096]},
        **changes,
    }


def a_load(**changes: Any) -> Json:
    return {"model": "blazeface", "backend": "webgl", "at": now_ms() - 1000, "load_ms": 412, **changes}


def a_race(**changes: Any) -> Json:
    """One that webgl won, on a device where cpu had no chance."""
    return {
        "model": "blazeface",
        "at": now_ms() - 2000,
        "asked": "plan",
        "budget_ms": 1500,
        "spent_ms": 812.5,
        "input": "canary",
        "results": [
            {"backend": "webgl", "outcome": "measured", "start_ms": 30, "ready_ms": 12.5, "runs": 5},
            {"backend": "cpu", "outcome": "hopeless", "first_ms": 400.25},
        ],
        "winner": 0,
        **changes,
    }


def a_leak_trace(**changes: Any) -> Json:
    """One tensor for each prediction."""
    return {
        "model": "blazeface",
        "backend": "webgl",
        "at": now_ms() - 500,
        "predictions": 100,
        "sites": [
            {
                "predictions": 80,
                "count": 80,
                "bytes": 960,
                "tensors": [{"shape": "1,3", "dtype": "float32", "count": 80, "bytes": 960}],
                "frames": [{"script": "0f" * 16, "line": 8, "column": 14858}],
            }
        ],
        **changes,
    }


def a_report(**changes: Any) -> Json:
    return {
        "v": 1,
        "batch_id": uuid.uuid4().hex[:22],
        "sent_at": now_ms(),
        "sdk": "js/0.1.0",
        "app": "demo",
        "release": "1.0.0",
        "session": "s" * 22,
        "seq": 0,
        "device": {"os": "linux", "browser": "chromium", "browser_major": 150, "form": "desktop"},
        "windows": [a_window()],
        **changes,
    }


def encoded(report: Json) -> bytes:
    return json.dumps(report).encode()


def batch(*reports: tuple[int, Json]) -> Batch:
    """Reports (when it arrived, JSON) as the drain reads them from the spool."""
    return Batch.of([at for at, _ in reports], [LENIENT.decode(encoded(report)) for _, report in reports])


def batch_of_bodies(bodies: Iterable[bytes], received_at_ms: int) -> Batch:
    reports = [LENIENT.decode(body) for body in bodies]
    return Batch.of([received_at_ms] * len(reports), reports)
