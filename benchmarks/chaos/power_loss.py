"""The power is cut: what was written and not synced is gone.

``power_loss.c``, preloaded into the collector, keeps a second folder with only what was synced, file by file;
after each cut that folder takes the data folder's place. At the end the same is done with a disk that lies
about the spool's log: there the losses must show, or the scenario proves nothing.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from benchmarks.chaos import sizes
from benchmarks.chaos.clients import Clients
from benchmarks.chaos.served import Served, after, identity_holds
from benchmarks.chaos.stored import compare, stored_rows

SOURCE = Path(__file__).with_name("power_loss.c")
LIES = 3
"""Cuts with the disk that lies."""


def run(folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "power_loss.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl", "-lpthread"], check=True)
    honest = _cut_and_restart(folder / "honest", library, sizes.POWER_CUTS)
    lying = _cut_and_restart(folder / "lying", library, LIES, SHADOW_SKIP="/spool.sqlite-wal")
    return {**honest, "lost_by_a_disk_that_lies": lying["acked_lost"]}


def failures(result: dict[str, Any]) -> list[str]:
    """What did not hold."""
    wrong = [name for name in ("acked_lost", "stored_twice", "partial", "unhandled") if result[name]]
    needed = ("identity_exact", "lost_by_a_disk_that_lies", "in_the_engine_before_the_last_start")
    return wrong + [name for name in needed if not result[name]]


def _cut_and_restart(folder: Path, library: Path, cuts: int, **environment: str) -> dict[str, Any]:
    draw = random.Random(sizes.SEED)
    data, durable = folder / "data", folder / "durable"
    durable.mkdir(parents=True)
    shim = {"LD_PRELOAD": str(library), "SHADOW_OF": str(data), "SHADOW_IN": str(durable), **environment}
    clients = Clients("power")
    faults: list[str] = []
    dropped = 0
    try:
        for _ in range(cuts):
            served = _start(data, durable, **shim)
            clients.url = served.url
            time.sleep(draw.uniform(0.1, 6.0))
            served.stop(signal.SIGKILL)
            clients.url = None
            faults += served.faults()
            dropped += _bytes_in(data) - _bytes_in(durable)
        served = _start(data, durable, **shim)
        stored = after(served.metrics(), "stored")
        clients.url = served.url
        time.sleep(1)
    finally:
        clients.finish()
    metrics = served.wait_until_drained()
    served.stop()
    faults += served.faults()
    verdict = compare(clients.sent, clients.acknowledged, stored_rows(data / "engine"))
    return {
        "power_cuts": cuts,
        "acknowledged": len(clients.acknowledged),
        "acked_lost": len(verdict.lost),
        "stored_twice": len(verdict.twice),
        "partial": len(verdict.partial),
        "examples": (verdict.lost + verdict.twice + verdict.partial)[:5],
        "unsynced_bytes_dropped": dropped,
        "in_the_engine_before_the_last_start": stored,
        "identity_exact": identity_holds(metrics),
        "unhandled": len(faults),
        "faults": faults[:3],
        "rss_mb": served.rss_mb,
    }


def _start(data: Path, durable: Path, **environment: str) -> Served:
    """The collector on what the cut has left."""
    if data.exists():
        shutil.rmtree(data)
    subprocess.run(["cp", "-a", durable, data], check=True)
    served = Served(data.parent, **environment)
    served.wait_until()
    return served


def _bytes_in(folder: Path) -> int:
    return sum((Path(base) / name).lstat().st_size for base, _, names in os.walk(folder) for name in names)
