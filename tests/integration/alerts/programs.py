"""Programs of Prometheus, real: the distribution's, and current ones built from the Go module proxy."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]
NO_GO = 3
"""How deploy/setup/go_tool.sh ends when there is no Go to build with."""


def built(name: str) -> str:
    """A current program: the one that INFERFLEET_TEST_<NAME> names, or built now. Without Go the test is
    skipped, and says how to get it.
    """
    if named := os.environ.get(f"INFERFLEET_TEST_{name.upper()}"):
        return named
    made = subprocess.run(
        [ROOT / "deploy/setup/go_tool.sh", name], capture_output=True, text=True, check=False, timeout=1200
    )
    if made.returncode == NO_GO:
        pytest.skip(made.stderr.strip())
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def debians_alertmanager() -> str:
    binary = os.environ.get("INFERFLEET_ALERTMANAGER") or shutil.which("prometheus-alertmanager")
    assert binary is not None, "Alertmanager is missing: apt-get install prometheus-alertmanager"
    return binary


def wait_for(what: str, probe: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := probe():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=1).is_success
    except httpx.TransportError:
        return False


@contextmanager
def running(name: str, command: list[str], url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program, until it is ready and as long as it is needed; its log lies in ``folder``."""
    with (folder / f"{name}.log").open("a") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(f"{name} is ready; see {log.name}", lambda: is_ready(url), 60)
            yield process
        finally:
            process.terminate()
            process.wait(20)
