"""Pages that load a model anew for each task, from their reports to the leak job's findings."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.conftest import Served, batch, run, told

pytestmark = pytest.mark.system

TASKS = 40
SESSIONS = 6
MOST_WINDOWS = 32
"""Of a report."""


def window(model: str, task: int, tensors: int, nth_load: int) -> dict[str, Any]:
    """The one prediction of a task, which lasts a second; ``tensors`` is what the engine held before it."""
    now = int(time.time() * 1000)
    memory = {"predictions": [task], "tensors": [tensors], "bytes": [108 * tensors]}
    asked = {"started_at": now - 60_000 + 1_000 * task, "duration_ms": 900, "count": 1, "memory": memory}
    return {"model": model, "backend": "wasm-simd", **asked, "nth_load": nth_load}


def pages() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for n in range(SESSIONS):
        yield f"kept{n}", [window("zoom", task, 4 + 4 * task, task + 1) for task in range(TASKS)]
        yield f"freed{n}", [window("crop", task, 4, task + 1) for task in range(TASKS)]
        yield (
            f"five{n}",
            [window(f"model-{k}", task, 4 + 4 * k, 1) for k in range(5) for task in range(TASKS)],
        )


def send(url: str, name: str, windows: list[dict[str, Any]]) -> None:
    """In as many reports as it takes."""
    for seq, start in enumerate(range(0, len(windows), MOST_WINDOWS)):
        some = windows[start : start + MOST_WINDOWS]
        report = {
            "v": 1,
            "batch_id": batch(f"{name}x{seq}"),
            "sent_at": int(time.time() * 1000),
            "sdk": "js/0.1.0",
            "app": "demo",
            "session": name.ljust(22, "s"),
            "seq": seq,
            "windows": some,
        }
        request = urllib.request.Request(
            f"{url}/v1/report?key=demo-key", json.dumps(report).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.loads(answer.read())["accepted"] == len(some)


def test_six_sessions_whose_tasks_keep_their_models_are_one_finding_and_honest_pages_none(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    served = serve()
    url = served.wait_until_up()
    for name, windows in pages():
        send(url, name, windows)
    served.wait_until_drained()
    (finding,) = told(run(tmp_path, "leaks", "--app", "demo", "--json"))["findings"]
    assert (finding["kind"], finding["severity"]) == ("load_leak", "critical")
    assert finding["summary"] == "zoom on wasm-simd keeps 4 tensors per load (6 of 6 sessions leak)."
