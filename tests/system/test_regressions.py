"""Pages of two releases, from their reports to the regression job's finding and back to none."""

import json
import math
import random
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import Served, batch, run, told

pytestmark = pytest.mark.system

GPUS = ("adreno-6xx", "mali-g7", "apple")
HOUR_MS = 3_600_000


def report(n: int, release: str, hours_ago: float, gpu: str, ms: float) -> dict[str, Any]:
    """One session: a minute of predictions that took about ``ms``."""
    now = int(time.time() * 1000)
    window = {
        "model": "face",
        "backend": "webgl",
        "started_at": now - int(hours_ago * HOUR_MS),
        "duration_ms": 60_000,
        "count": 30,
        "ready_ms": {"buckets": [math.floor(math.log(ms) / math.log(1.04))], "counts": [30]},
        "ready_method": "fence",
    }
    return {
        "v": 1,
        "batch_id": batch(f"{release}x{n:04d}".replace(".", "-")),
        "sent_at": now,
        "sdk": "js/0.1.0",
        "app": "demo",
        "release": release,
        "session": f"{release}-{n:04d}-".replace(".", "-").ljust(22, "s"),
        "seq": 0,
        "device": {
            "os": "android",
            "browser": "chromium",
            "browser_major": 130,
            "form": "mobile",
            "gpu": gpu,
            "memory_gb": 4 if n % 2 else 8,
            "cores": 8,
        },
        "windows": [window],
    }


def send(url: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{url}/v1/report?key=demo-key", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.loads(answer.read())["accepted"] == 1


def test_a_release_that_is_slow_on_one_gpu_family_is_told_as_one_finding(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    draw = random.Random(7)
    served = serve()
    url = served.wait_until_up()
    for n in range(210):
        gpu = GPUS[n % 3]
        send(url, report(n, "1.0.0", draw.uniform(13, 46), gpu, draw.lognormvariate(3, 0.4)))
    for n in range(90):
        gpu = GPUS[n % 3]
        slower = 4 if gpu == "adreno-6xx" else 1
        send(url, report(n, "1.1.0", draw.uniform(0.1, 12), gpu, slower * draw.lognormvariate(3, 0.4)))
    served.wait_until_drained()
    summary = told(run(tmp_path, "regressions", "--app", "demo", "--json"))
    (finding,) = summary["findings"]
    assert (finding["kind"], finding["cohort"]["release"]) == ("latency_regression", "1.1.0")
    assert [list(scope.values()) for scope in finding["evidence"]["scopes"]] == [["adreno"]]
    assert finding["evidence"]["ratio_low"] < 4 < finding["evidence"]["ratio_high"]
    assert told(run(tmp_path, "regressions", "--json"))["still_open"] == 1
    assert told(run(tmp_path, "leaks", "--json"))["findings"] == []
