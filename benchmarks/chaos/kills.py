"""``kill -9`` at random points, starting up and recovering included, while clients post and retry."""

import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.chaos import sizes
from benchmarks.chaos.clients import Clients
from benchmarks.chaos.served import Served, after, identity_holds, outcome
from benchmarks.chaos.stored import compare, stored_rows

LANES = 2
"""Collectors that are killed at the same time, each with its own clients: a start keeps one core busy."""
EARLY = 0.15
"""Share of kills before the collector is up: while it recovers from the one before."""


def run(folder: Path) -> dict[str, Any]:
    shares = [sizes.KILLS // LANES + (n < sizes.KILLS % LANES) for n in range(LANES)]
    with ThreadPoolExecutor(LANES) as pool:
        lanes = list(pool.map(lambda n: _lane(folder / f"lane{n}", n, shares[n]), range(LANES)))
    up_seconds = sorted(second for lane in lanes for second in lane.pop("up_seconds"))
    total: dict[str, Any] = {}
    for lane in lanes:
        for name, value in lane.items():
            if isinstance(value, bool):
                total[name] = total.get(name, True) and value
            elif name == "rss_mb":
                total[name] = max(total.get(name, 0), value)
            else:
                total[name] = total[name] + value if name in total else value
    total["start_s"] = {
        "median": round(up_seconds[len(up_seconds) // 2], 2),
        "max": round(up_seconds[-1], 2),
    }
    return total


def _lane(folder: Path, number: int, kills: int) -> dict[str, Any]:
    draw = random.Random(sizes.SEED + number)
    clients = Clients(f"kill{number}")
    early = rss = 0
    up_seconds: list[float] = []
    faults: list[str] = []
    try:
        for done in range(kills):
            if done % 10 == 0:
                print(f"kills: lane {number}, {done} of {kills}", file=sys.stderr, flush=True)
            served = Served(folder)
            if up_seconds and draw.random() < EARLY:
                time.sleep(draw.uniform(0, min(max(up_seconds), 20)))
                early += 1
            else:
                up_seconds.append(served.wait_until())
                clients.url = served.url
                time.sleep(draw.uniform(0.0, 1.5))
            served.stop(signal.SIGKILL)
            clients.url = None
            faults += served.faults()
            rss = max(rss, served.rss_mb)
            served.log.unlink()
        served = Served(folder)
        up_seconds.append(served.wait_until())
        clients.url = served.url
        time.sleep(1)
    finally:
        clients.finish()
    metrics = served.wait_until_drained()
    exit_status = served.stop()
    faults += served.faults()
    found = stored_rows(folder / "data" / "engine")
    verdict = compare(clients.sent, clients.acknowledged, found)
    return {
        "kills": kills,
        "kills_while_starting": early,
        "acknowledged": len(clients.acknowledged),
        "retries_recognised": clients.duplicates,
        "acked_lost": len(verdict.lost),
        "stored_twice": len(verdict.twice),
        "partial": len(verdict.partial),
        "examples": (verdict.lost + verdict.twice + verdict.partial)[:5],
        "accepted_is_stored": outcome(metrics, "accepted") == after(metrics, "stored") == verdict.stored,
        "identity_exact": identity_holds(metrics),
        "unhandled": len(faults),
        "faults": faults[:3],
        "exit_status": exit_status,
        "rss_mb": max(rss, served.rss_mb),
        "refused": clients.refused,
        "up_seconds": up_seconds,
    }


def failures(result: dict[str, Any]) -> list[str]:
    """What did not hold."""
    zero = [
        name for name in ("acked_lost", "stored_twice", "partial", "unhandled", "exit_status") if result[name]
    ]
    true = [name for name in ("identity_exact", "accepted_is_stored") if not result[name]]
    return zero + true
