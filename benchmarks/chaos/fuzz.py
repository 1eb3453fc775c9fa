"""Requests that nobody would send: drawn from the contract's schema, tampered with, and hardly HTTP.

None may be answered with a 5xx but 503, leave a traceback in the log, or make memory grow without end.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.chaos import sizes
from benchmarks.chaos.served import Served, identity_holds, outcome

ROOT = Path(__file__).parent.parent.parent
MOST_RSS_MB = 1024


def run(folder: Path) -> dict[str, Any]:
    served = Served(folder)
    served.wait_until("/readyz")
    port = served.url.rsplit(":", 1)[1]
    load = subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos.fuzz_load", port, str(sizes.FUZZ_REQUESTS)],
        check=True,
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    told = json.loads(load.stdout)
    metrics = served.wait_until_drained()
    ready = served.ready()["status"]
    status = served.stop()
    faults = served.faults()
    return {
        "requests": sum(told["statuses"].values()),
        "statuses": told["statuses"],
        "codes": told["codes"],
        "accepted": outcome(metrics, "accepted"),
        "quarantined": sum(n for name, n in metrics.items() if 'outcome="quarantined"' in name),
        "identity_exact": identity_holds(metrics),
        "unhandled": len(faults) + told["raised_count"],
        "raised": told["raised"],
        "faults": faults[:3],
        "ready": ready,
        "exit_status": status,
        "rss_mb": served.rss_mb,
    }


def failures(result: dict[str, Any]) -> list[str]:
    """What did not hold."""
    wrong = [name for name in ("unhandled", "exit_status", "quarantined") if result[name]]
    wrong += [] if result["identity_exact"] and result["accepted"] else ["identity_exact"]
    wrong += [] if result["ready"] == "ready" else ["ready"]
    return wrong + (["rss_mb"] if result["rss_mb"] > MOST_RSS_MB else [])
