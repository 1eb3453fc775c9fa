"""One ``inferfleet serve``: started, watched, killed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).parent / "inferfleet")
KEY = "chaos-key"
POLL_SECONDS = 0.02
"""Waiting is counted in polls: a machine that stands still for minutes stands still for both sides."""
FAULTS = re.compile(
    r"request_failed|Traceback|examine_failed|decode_failed|Exception in|\"level\": \"critical\""
)
"""What the log says of an error that nobody had thought of."""


RUNNING: "list[subprocess.Popen[bytes]]" = []


def end_all() -> None:
    """Ends what a scenario that broke off has left running."""
    for process in RUNNING:
        if process.poll() is None:
            process.kill()
            process.wait()
    RUNNING.clear()


class Served:
    """A collector's process over ``folder/data``. Each start has a log of its own in ``folder``."""

    def __init__(self, folder: Path, *, before: Iterable[str] = (), **environment: str) -> None:
        """``before``: a command that runs the collector's, say ``prlimit``."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.log = folder / f"serve-{uuid.uuid4().hex[:8]}.log"
        self.url = ""
        self.started = time.monotonic()
        self.rss_mb = 0
        own = {name: value for name, value in os.environ.items() if not name.startswith("INFERFLEET_")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*before, COMMAND, "serve", "--port", "0"],
                cwd=folder,
                stdout=log,
                stderr=log,
                env={
                    **own,
                    "INFERFLEET_DATA_DIR": str(folder / "data"),
                    "INFERFLEET_APPS": json.dumps({"chaos": {"keys": [KEY]}}),
                    "INFERFLEET_LIMITS__KEY_REPORTS_PER_SECOND": "1000000",
                    "INFERFLEET_SPOOL__LINGER_SECONDS": "0.1",
                    **environment,
                },
            )

        RUNNING.append(self.process)

    def wait_until(self, path: str = "/healthz", seconds: float = 300) -> float:
        """Waits until ``path`` answers 200. Returns the seconds since the start."""
        for _ in range(int(seconds / POLL_SECONDS)):
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}: {self.said()[-4000:]}")
            if self.url or (found := re.search(r'"url": "(http://[^"]+)"', self.said())):
                self.url = self.url or found[1]  # type: ignore[index]
                try:
                    urllib.request.urlopen(f"{self.url}{path}", timeout=10).close()
                except OSError:
                    pass
                else:
                    return time.monotonic() - self.started
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"{path} did not answer: {self.said()[-4000:]}")

    def said(self) -> str:
        """Its log."""
        return self.log.read_text(errors="replace")

    def faults(self) -> list[str]:
        """Lines of the log that tell of an unhandled error."""
        return [line for line in self.said().splitlines() if FAULTS.search(line)]

    def metrics(self) -> dict[str, float]:
        """Every sample of ``/metrics``."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def ready(self) -> dict[str, Any]:
        """What ``/readyz`` says, whatever its status."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=30) as answer:
                said: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            said = json.load(error)
        return said

    def wait_until_drained(self, seconds: float = 600) -> dict[str, float]:
        """Waits until nothing is in the spool. Returns the metrics of then."""
        for _ in range(int(seconds / POLL_SECONDS)):
            metrics = self.metrics()
            if not metrics["inferfleet_spool_pending_reports"]:
                return metrics
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"the spool is not drained: {self.said()[-4000:]}")

    def note_memory(self) -> int:
        """Its peak of resident memory since the start, or since this was asked last, MiB."""
        process = Path(f"/proc/{self.process.pid}")
        found = re.search(r"VmHWM:\s+(\d+)", (process / "status").read_text())
        peak = int(found[1]) // 1024 if found else 0
        (process / "clear_refs").write_text("5")  # the peak is now what is resident
        self.rss_mb = max(self.rss_mb, peak)
        return peak

    def stop(self, number: int = signal.SIGTERM, seconds: float = 120) -> int:
        """Ends it with a signal. Returns its exit status."""
        if self.process.poll() is None:
            self.note_memory()
            self.process.send_signal(number)
        return self.process.wait(seconds)


def identity_holds(metrics: dict[str, float]) -> bool:
    """``received = accepted + duplicate + rejected``, and accepted ones are stored, put aside or waiting."""
    outcomes = sum(n for name, n in metrics.items() if name.startswith("inferfleet_reports_total"))
    after = sum(n for name, n in metrics.items() if name.startswith("inferfleet_reports_after_total"))
    received = metrics["inferfleet_reports_received_total"] - metrics["inferfleet_reports_under_way"]
    waiting = metrics["inferfleet_spool_pending_reports"]
    return received == outcomes and outcome(metrics, "accepted") == after + waiting


def outcome(metrics: dict[str, float], name: str, reason: str = "") -> int:
    """How many reports ended so."""
    return int(metrics.get(f'inferfleet_reports_total{{outcome="{name}",reason="{reason}"}}', 0))


def after(metrics: dict[str, float], name: str) -> int:
    """What became of how many accepted reports."""
    prefix = f'inferfleet_reports_after_total{{outcome="{name}"'
    return int(sum(n for sample, n in metrics.items() if sample.startswith(prefix)))
