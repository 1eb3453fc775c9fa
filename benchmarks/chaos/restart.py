"""Restart with a large spool: seconds from the process's start until it takes reports, the cache cold."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.chaos import sizes
from benchmarks.chaos.served import Served, after, identity_holds, outcome

ROOT = Path(__file__).parent.parent.parent
TARGET_SECONDS = 5.0


def run(folder: Path) -> dict[str, Any]:
    served = Served(folder)  # makes the tables
    served.wait_until("/readyz")
    served.stop()
    empty = _start(folder)[1]
    spool = folder / "data" / "spool.sqlite"
    fill = [sys.executable, "-m", "benchmarks.chaos.fill_spool", str(spool), str(sizes.SPOOL_MB)]
    reports = int(subprocess.run(fill, check=True, cwd=ROOT, stdout=subprocess.PIPE).stdout)
    size = spool.stat().st_size
    ready = []
    for _ in range(3):
        served, seconds, cpu = _start(folder, stop=False)
        ready.append((seconds, cpu))
        metrics = served.metrics()
        served.stop(signal.SIGKILL)
    faults = served.faults()
    seconds, cpu = sorted(ready)[1]
    return {
        "spool_mb": size >> 20,
        "reports": reports,
        "waiting": int(metrics["inferfleet_spool_pending_reports"]),
        "ready_s": round(seconds, 2),
        "ready_cpu_s": round(cpu, 2),
        "ready_s_all": [round(one, 2) for one, _ in ready],
        "ready_s_empty": round(empty, 2),
        "stored": after(metrics, "stored"),
        "acked_lost": reports - outcome(metrics, "accepted"),
        "identity_exact": identity_holds(metrics),
        "unhandled": len(faults),
        "faults": faults[:3],
        "rss_mb": served.rss_mb,
    }


def failures(result: dict[str, Any]) -> list[str]:
    """What did not hold."""
    wrong = [name for name in ("acked_lost", "unhandled") if result[name]]
    wrong += [] if result["identity_exact"] else ["identity_exact"]
    return wrong + (["ready_s"] if result["ready_s"] > TARGET_SECONDS else [])


def _start(folder: Path, *, stop: bool = True) -> tuple[Served, float, float]:
    """A start that finds no page of the spool in the cache, and its seconds until ready, by clock and CPU."""
    spool = folder / "data" / "spool.sqlite"
    if spool.exists():
        with spool.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    served = Served(folder, INFERFLEET_SPOOL__MAX_BYTES=str(8 << 30))
    seconds = served.wait_until("/readyz", 600)
    fields = Path(f"/proc/{served.process.pid}/stat").read_text().rpartition(")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    if stop:
        served.stop(signal.SIGKILL)
    return served, seconds, cpu
