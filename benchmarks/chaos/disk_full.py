"""The disk fills up under load: reports are refused, what was acknowledged is kept; with room, all goes on.

A small file system of its own in memory, so it needs a user who may mount one.
"""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

from benchmarks.chaos import sizes
from benchmarks.chaos.clients import Clients
from benchmarks.chaos.served import Served, identity_holds
from benchmarks.chaos.stored import compare, stored_rows

FULL_SECONDS = 20
LEFT_BYTES = 3 << 20
"""Room that the ballast leaves: the spool's to fill."""


def run(folder: Path) -> dict[str, Any]:
    data = folder / "data"
    data.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={sizes.DISK_MB}m", "none", data], check=True)
    try:
        return _fill(folder, data)
    finally:
        subprocess.run(["umount", "-l", data], check=True)


def failures(result: dict[str, Any]) -> list[str]:
    """What did not hold."""
    wrong = [name for name in ("acked_lost", "stored_twice", "unhandled") if result[name]]
    needed = ("identity_exact", "acknowledged_after")
    wrong += [name for name in needed if not result[name]]
    wrong += [] if result["ready_while_full"] == "not_ready" else ["ready_while_full"]
    return wrong + ([] if set(result["refused"]) == {"spool_unavailable"} else ["refused"])


def _fill(folder: Path, data: Path) -> dict[str, Any]:
    served = Served(folder)
    served.wait_until("/readyz")
    clients = Clients("disk")
    clients.url = served.url
    try:
        time.sleep(3)
        ballast = data / "ballast"
        with ballast.open("wb") as file:
            while (free := _free(data)) > LEFT_BYTES:
                file.write(bytes(min(free - LEFT_BYTES, 1 << 20)))
                file.flush()
        deadline = time.monotonic() + 120
        while not clients.refused and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(FULL_SECONDS)
        while_full = served.ready()
        waiting = served.metrics()["inferfleet_spool_pending_reports"]
        ballast.unlink()
        before = len(clients.acknowledged)
        time.sleep(8)
        later = len(clients.acknowledged) - before
    finally:
        clients.finish()
    metrics = served.wait_until_drained()
    served.wait_until("/readyz")
    served.stop()
    verdict = compare(clients.sent, clients.acknowledged, stored_rows(data / "engine"))
    faults = served.faults()
    return {
        "disk_mb": sizes.DISK_MB,
        "full_s": FULL_SECONDS,
        "acknowledged": len(clients.acknowledged),
        "acknowledged_after": later,
        "refused": dict(clients.refused),
        "ready_while_full": while_full["status"],
        "waiting_while_full": int(waiting),
        "acked_lost": len(verdict.lost),
        "stored_twice": len(verdict.twice),
        "examples": (verdict.lost + verdict.twice)[:5],
        "identity_exact": identity_holds(metrics),
        "unhandled": len(faults),
        "faults": faults[:3],
        "rss_mb": served.rss_mb,
    }


def _free(folder: Path) -> int:
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize
