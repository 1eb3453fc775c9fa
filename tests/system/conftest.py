"""Starts the installed ``inferfleet`` command. Nothing here imports the product."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).parent / "inferfleet"
COUNT = """
import json, sys, clickhouse_connect
client = clickhouse_connect.get_client(dsn="chdb://" + sys.argv[1])
client.database = "inferfleet"
rows = client.query("SELECT batch_id, count() FROM inferfleet.windows GROUP BY batch_id").result_rows
print(json.dumps(dict(rows)))
"""


class Served:
    """One ``inferfleet serve``."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.folder = folder
        self.log = folder / f"serve-{uuid.uuid4().hex[:6]}.log"
        own = {name: value for name, value in os.environ.items() if not name.startswith("INFERFLEET_")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [COMMAND, "serve", *(arguments or ("--port", "0"))],
                cwd=folder,
                stdout=log,
                stderr=log,
                env={
                    **own,
                    "INFERFLEET_DATA_DIR": str(folder / "data"),
                    "INFERFLEET_APPS": '{"demo": {"keys": ["demo-key"]}}',
                    "INFERFLEET_SPOOL__LINGER_SECONDS": "0.1",
                    **environment,
                },
            )

    def wait_until_up(self, seconds: float = 120) -> str:
        """Its URL, once it answers."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}: {self.said()}")
            if found := re.search(r'"url": "(http://[^"]+)"', self.said()):
                self.url = found[1]
                try:
                    urllib.request.urlopen(f"{self.url}/healthz", timeout=2).close()
                except OSError:
                    pass
                else:
                    return self.url
            time.sleep(0.05)
        raise AssertionError(f"serve did not come up: {self.said()}")

    def said(self) -> str:
        return self.log.read_text()

    def metrics(self) -> dict[str, float]:
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def wait_until_drained(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while self.metrics()["inferfleet_spool_pending_reports"]:
            assert time.monotonic() < deadline, f"the spool is not drained: {self.said()}"
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 60) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)


def run(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """One run of the command, in ``folder`` and with its data there."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("INFERFLEET_")}
    data = {"INFERFLEET_DATA_DIR": str(folder / "data")}
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=folder,
        env={**own, **data, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    running: list[Served] = []

    def start(*arguments: str, **environment: str) -> Served:
        running.append(Served(tmp_path, *arguments, **environment))
        return running[-1]

    yield start
    for served in running:
        if served.process.poll() is None:
            served.process.kill()
            served.process.wait(10)


@pytest.fixture
def rows_by_batch(tmp_path: Path) -> Callable[[], dict[str, int]]:
    """How many windows each batch has in the store; only while nothing serves."""

    def count() -> dict[str, int]:
        done = subprocess.run(
            [sys.executable, "-c", COUNT, str(tmp_path / "data" / "engine")], check=True, capture_output=True
        )
        rows: dict[str, int] = json.loads(done.stdout)
        return rows

    return count


def a_report(batch_id: str) -> dict[str, Any]:
    now = int(time.time() * 1000)
    window = {"model": "m", "backend": "cpu", "started_at": now - 9, "duration_ms": 9, "count": 1}
    return {
        "v": 1,
        "batch_id": batch_id,
        "sent_at": now,
        "sdk": "js/0.1.0",
        "app": "demo",
        "session": "s" * 22,
        "seq": 0,
        "windows": [window, window],
    }


def post(url: str, batch_id: str, *, app: str = "demo", key: str = "demo-key") -> tuple[int, str | None]:
    """Sends a report. Returns the status, and the code of a refusal."""
    request = urllib.request.Request(
        f"{url}/v1/report?key={key}",
        json.dumps(a_report(batch_id) | {"app": app}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["code"]


def told(done: "subprocess.CompletedProcess[str]") -> Any:
    """What a command that went well printed, as JSON."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def batch(name: str) -> str:
    """A batch id of the length that ids have."""
    return name.ljust(22, "0")
