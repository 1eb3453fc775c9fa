"""The engine is killed under load and stays away; then it comes back, and nothing is lost or stored twice.

The engine is a process of its own here, real ClickHouse (chDB) behind its HTTP interface
(``tests/clickhouse_shim``).
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.chaos import sizes
from benchmarks.chaos.clients import Clients
from benchmarks.chaos.served import COMMAND, Served, identity_holds
from benchmarks.chaos.stored import compare, stored_rows

ROOT = Path(__file__).parent.parent.parent
PER_SECOND = 100


def run(folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    engine, url = _start_engine(folder, port=0)
    store = {"INFERFLEET_STORE__DSN": f"{url}/inferfleet"}
    subprocess.run([COMMAND, "migrate"], check=True, env={**os.environ, **store}, cwd=folder)
    served = Served(folder, **store)
    served.wait_until()
    clients = Clients("down", per_second=PER_SECOND)
    clients.url = served.url
    try:
        time.sleep(10)
        engine.kill()
        engine.wait()
        before = len(clients.acknowledged)
        time.sleep(sizes.ENGINE_DOWN_SECONDS)
        during = len(clients.acknowledged) - before
        status = served.ready()["status"]
        waiting = served.metrics()["inferfleet_spool_pending_reports"]
        engine, _ = _start_engine(folder, port=int(url.rsplit(":", 1)[1]))
        back = time.monotonic()
        time.sleep(5)
    finally:
        clients.finish()
    metrics = served.wait_until_drained()
    drained = time.monotonic() - back
    served.stop()
    engine.send_signal(signal.SIGKILL)
    engine.wait()
    verdict = compare(clients.sent, clients.acknowledged, stored_rows(folder / "engine"))
    faults = served.faults()
    return {
        "down_s": sizes.ENGINE_DOWN_SECONDS,
        "acknowledged": len(clients.acknowledged),
        "acknowledged_while_down": during,
        "refused_while_down": dict(clients.refused),
        "ready_while_down": status,
        "waiting_when_back": int(waiting),
        "drained_s_after_back": round(drained, 1),
        "acked_lost": len(verdict.lost),
        "stored_twice": len(verdict.twice),
        "identity_exact": identity_holds(metrics),
        "unhandled": len(faults),
        "faults": faults[:3],
        "rss_mb": served.rss_mb,
    }


def failures(result: dict[str, Any]) -> list[str]:
    """What did not hold."""
    wrong = [
        name for name in ("acked_lost", "stored_twice", "unhandled", "refused_while_down") if result[name]
    ]
    wrong += [name for name in ("identity_exact", "acknowledged_while_down") if not result[name]]
    return wrong + (["ready_while_down"] if result["ready_while_down"] != "degraded" else [])


def _start_engine(folder: Path, *, port: int) -> tuple["subprocess.Popen[str]", str]:
    engine = subprocess.Popen(
        [sys.executable, "-m", "tests.clickhouse_shim", "--path", f"{folder}/engine", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert engine.stdout is not None
    url = engine.stdout.readline().strip()
    if not url:
        raise AssertionError("the engine did not start")
    return engine, url
