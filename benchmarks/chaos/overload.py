"""More than is allowed and more than can be done, for minutes: every report has one outcome, to the unit.

Small limits, so that every way of saying no is used: spool watermark, budget of the key, reports at one time.
The load counts what it was told, and the two books are compared.
"""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.chaos import sizes
from benchmarks.chaos.served import Served, after, identity_holds, outcome
from benchmarks.chaos.stored import stored_rows
from benchmarks.job_memory import watched

ROOT = Path(__file__).parent.parent.parent
MOST_RSS_MB = 1536
LIMITS = {
    "INFERFLEET_SPOOL__MAX_BYTES": str(2 << 20),
    "INFERFLEET_SPOOL__LINGER_SECONDS": "1",
    "INFERFLEET_LIMITS__CONCURRENT_REPORTS": "96",
    "INFERFLEET_LIMITS__KEY_REPORTS_PER_SECOND": "900",
    "INFERFLEET_LIMITS__KEY_BURST": "900",
    "INFERFLEET_LIMITS__BODY_SECONDS": "2",
}


def run(folder: Path) -> dict[str, Any]:
    served = Served(folder, **LIMITS)
    served.wait_until("/readyz")
    port = served.url.rsplit(":", 1)[1]
    load = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.chaos.overload_load", port, str(sizes.OVERLOAD_SECONDS)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    with watched(served.process.pid) as jobs:
        peaks = _peaks(served, load)
    assert load.stdout is not None
    told = json.load(load.stdout)
    metrics = served.wait_until_drained()
    status = served.stop()
    found = stored_rows(folder / "data" / "engine")
    prefix = 'inferfleet_reports_total{outcome="rejected",reason="'
    rejected = {
        name.removeprefix(prefix).removesuffix('"}'): int(n)
        for name, n in metrics.items()
        if name.startswith(prefix) and n
    }
    faults = served.faults()
    return {
        "overload_s": sizes.OVERLOAD_SECONDS,
        "sent": told["sent"],
        "received": int(metrics["inferfleet_reports_received_total"]),
        "accepted": outcome(metrics, "accepted"),
        "duplicate": outcome(metrics, "duplicate"),
        "rejected": rejected,
        "stored": after(metrics, "stored"),
        "batches_in_store": len(found),
        "hung_up": told["hung_up"],
        "books_differ": _differences(metrics, rejected, told),
        "identity_exact": identity_holds(metrics)
        and told["sent"] == metrics["inferfleet_reports_received_total"]
        and outcome(metrics, "accepted") == after(metrics, "stored") == len(found),
        "unhandled": len(faults) + told["outcomes"].get("internal", 0),
        "faults": faults[:3],
        "exit_status": status,
        "rss_mb": served.rss_mb + jobs.peak_mb,
        "rss_mb_of_jobs": jobs.peak_mb,
        "rss_mb_by_tenth": peaks,
    }


def _peaks(served: Served, load: "subprocess.Popen[bytes]") -> list[int]:
    """The peak of memory in each tenth of the load, MiB."""
    served.note_memory()
    peaks = []
    while load.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            load.wait(sizes.OVERLOAD_SECONDS / 10)
        peaks.append(served.note_memory())
    return peaks


def _differences(
    metrics: dict[str, float], rejected: dict[str, int], told: dict[str, Any]
) -> dict[str, list[int]]:
    """Outcomes that the collector counted and the clients were not told, or the other way round.

    Who hung up was told nothing: the collector may have more of each, and as many more as hung up in all.
    """
    ours = {**rejected, **{name: outcome(metrics, name) for name in ("accepted", "duplicate")}}
    more = {name: ours.get(name, 0) - told["outcomes"].get(name, 0) for name in {*ours, *told["outcomes"]}}
    if min(more.values()) >= 0 and sum(more.values()) == told["hung_up"]:
        return {}
    return {name: [ours.get(name, 0), told["outcomes"].get(name, 0)] for name, n in more.items() if n}


def failures(result: dict[str, Any]) -> list[str]:
    """What did not hold."""
    wrong = [name for name in ("unhandled", "exit_status", "books_differ") if result[name]]
    wrong += ["rss_mb"] if result["rss_mb"] > MOST_RSS_MB else []
    return wrong + ([] if result["identity_exact"] else ["identity_exact"])
