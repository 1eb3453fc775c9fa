"""The engine is killed under load, stays away, then dies in mid-insert again and again: rows are stored once.

The engine is a process of its own here, real ClickHouse (chDB) behind its HTTP interface
(``tests/clickhouse_shim``).
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.chaos import sizes
from benchmarks.chaos.clients import Clients
from benchmarks.chaos.reports import Rows
from benchmarks.chaos.served import COMMAND, RUNNING, Served, after, identity_holds, outcome
from benchmarks.chaos.stored import compare, stored_rows
from collector.store.retention import EVENT_TABLES

ROOT = Path(__file__).parent.parent.parent
PER_SECOND = 100
MOST_PARTS = 3
"""An insert is one part a week of receipt. If it became more, a death after some of them would tell."""
LONGEST_LIFE_SECONDS = 180
"""The drain pauses up to 15 seconds between two tries, and reads a block anew for each."""
CUT_OFF_STATUS = 9


def run(folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    engine, url = _start_engine(folder, port=0)
    store = {"INFERFLEET_STORE__DSN": f"{url}/inferfleet"}
    subprocess.run([COMMAND, "migrate"], check=True, env={**os.environ, **store}, cwd=folder)
    served = Served(folder, **store)
    served.wait_until()
    clients = Clients("down", per_second=PER_SECOND)
    clients.url = served.url
    port = int(url.rsplit(":", 1)[1])
    try:
        time.sleep(10)
        engine.kill()
        engine.wait()
        before = len(clients.acknowledged)
        time.sleep(sizes.ENGINE_DOWN_SECONDS)
        during = len(clients.acknowledged) - before
        status = served.ready()["status"]
        waiting = served.metrics()["inferfleet_spool_pending_reports"]
        deaths = _die_in_inserts(folder, port)
        engine, _ = _start_engine(folder, port=port)
        back = time.monotonic()
        time.sleep(5)
    finally:
        clients.finish()
    metrics = served.wait_until_drained()
    drained = time.monotonic() - back
    served.stop()
    engine.kill()
    engine.wait()
    found = stored_rows(folder / "engine")
    verdict = compare(clients.sent, clients.acknowledged, found)
    stored = Rows.total(found.values())
    sent = Rows.total(
        clients.sent[one] for one in clients.acknowledged | (found.keys() & clients.sent.keys())
    )
    faults = served.faults()
    return {
        "down_s": sizes.ENGINE_DOWN_SECONDS,
        "deaths_in_inserts": deaths.total(),
        "deaths_by_table": dict(deaths),
        "acknowledged": len(clients.acknowledged),
        "acknowledged_while_down": during,
        "refused": dict(clients.refused),
        "ready_while_down": status,
        "waiting_when_down": int(waiting),
        "drained_s_after_back": round(drained, 1),
        "acked_lost": len(verdict.lost),
        "stored_twice": len(verdict.twice),
        "partial": len(verdict.partial),
        "examples": (verdict.lost + verdict.twice + verdict.partial)[:5],
        "accepted_is_stored": outcome(metrics, "accepted") == after(metrics, "stored") == verdict.stored,
        "rows_sent": sent._asdict(),
        "rows_stored": stored._asdict(),
        "identity_exact": identity_holds(metrics),
        "unhandled": len(faults),
        "faults": faults[:3],
        "rss_mb": served.rss_mb,
    }


def failures(result: dict[str, Any]) -> list[str]:
    """What did not hold."""
    zero = ("acked_lost", "stored_twice", "partial", "unhandled", "refused")
    true = ("identity_exact", "accepted_is_stored", "acknowledged_while_down")
    wrong = [name for name in zero if result[name]] + [name for name in true if not result[name]]
    wrong += [] if result["rows_sent"] == result["rows_stored"] else ["rows_stored"]
    return wrong + (["ready_while_down"] if result["ready_while_down"] != "degraded" else [])


def _die_in_inserts(folder: Path, port: int) -> Counter[str]:
    """Starts the engine over and over, each time to die in an insert into a random table. Deaths by table."""
    draw = random.Random(sizes.SEED)
    deaths: Counter[str] = Counter()
    for _ in range(sizes.CUT_OFFS):
        table = draw.choice(EVENT_TABLES)
        engine, _ = _start_engine(folder, "--cut-off", f"{table}:{draw.randint(0, MOST_PARTS)}", port=port)
        status = engine.wait(LONGEST_LIFE_SECONDS)
        if status != CUT_OFF_STATUS:
            raise AssertionError(f"the engine ended by itself, with {status}")
        deaths[table] += 1
    return deaths


def _start_engine(folder: Path, *options: str, port: int) -> tuple["subprocess.Popen[bytes]", str]:
    command = [
        sys.executable,
        "-m",
        "tests.clickhouse_shim",
        "--path",
        f"{folder}/engine",
        "--port",
        str(port),
    ]
    engine = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE)
    RUNNING.append(engine)
    assert engine.stdout is not None
    url = engine.stdout.readline().decode().strip()
    if not url:
        raise AssertionError("the engine did not start")
    return engine, url
