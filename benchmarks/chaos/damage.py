"""The spool's file is damaged, between a kill and a start or under the running collector.

A damaged file is set aside and told of, and the collector goes on. What was waiting in it is not in the store
then: a person can save it (docs/operations.md, "A damaged spool"). Of a damaged log SQLite takes what comes
before the damage, as after a crash, and says nothing: nobody can tell that from a write that was cut off.
"""

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.chaos import sizes
from benchmarks.chaos.clients import Clients
from benchmarks.chaos.served import Served, identity_holds
from benchmarks.chaos.stored import compare, stored_rows

Damage = Callable[[Path, random.Random], None]


def overwrite(path: Path, draw: random.Random) -> None:
    """Random bytes over random places, pages at a time."""
    size = path.stat().st_size if path.exists() else 0
    if size:
        with path.open("r+b") as file:
            for _ in range(8):
                file.seek(draw.randrange(size))
                file.write(draw.randbytes(draw.choice([1, 16, 4096])))


def cut(path: Path, draw: random.Random) -> None:
    """The end is missing."""
    if path.exists() and (size := path.stat().st_size):
        with path.open("r+b") as file:
            file.truncate(draw.randrange(size))


def blank(path: Path, draw: random.Random) -> None:
    """Zeros at the beginning, as a lost sector reads."""
    if path.exists() and (size := path.stat().st_size):
        with path.open("r+b") as file:
            file.write(bytes(min(size, draw.choice([16, 512, 8192]))))


def replace(path: Path, draw: random.Random) -> None:
    """Another file altogether."""
    path.write_bytes(draw.randbytes(draw.choice([1, 100, 100_000])))


DAMAGES: list[tuple[str, Damage]] = [
    (file, damage)
    for damage in (overwrite, cut, blank, replace)
    for file in ("spool.sqlite", "spool.sqlite-wal", "spool.sqlite")
]


def run(folder: Path) -> dict[str, Any]:
    draw = random.Random(sizes.SEED)
    clients = Clients("harm", per_second=80)
    data = folder / "data"
    faults: list[str] = []
    went_on = running = 0
    untold: list[str] = []
    try:
        for n in range(sizes.DAMAGES):
            file, damage = DAMAGES[n % len(DAMAGES)]
            served = Served(folder)
            served.wait_until()
            clients.url = served.url
            time.sleep(draw.uniform(0.5, 2.0))
            aside = _set_aside(data)
            if n % 4 == 3:  # under the running collector
                running += 1
                damage(data / "spool.sqlite", draw)
                told_by = served
            else:
                served.stop(signal.SIGKILL)
                clients.url = None
                damage(data / file, draw)
                told_by = Served(folder)
                told_by.wait_until()
                clients.url = told_by.url
            went_on += _takes_reports(clients)
            if _set_aside(data) - aside and "spool_damaged" not in told_by.said():
                untold.append(f"{n} {damage.__name__} {file}")
            told_by.stop()
            clients.url = None
            faults += served.faults() + (told_by.faults() if told_by is not served else [])
        served = Served(folder)
        served.wait_until()
        clients.url = served.url
        time.sleep(1)
    finally:
        clients.finish()
    metrics = served.wait_until_drained()
    served.stop()
    faults += served.faults()
    verdict = compare(clients.sent, clients.acknowledged, stored_rows(data / "engine"))
    return {
        "damages": sizes.DAMAGES,
        "damages_while_running": running,
        "went_on": went_on,
        "files_set_aside": len(_set_aside(data)),
        "untold": untold,
        "acknowledged": len(clients.acknowledged),
        "acknowledged_not_in_store": len(verdict.lost),
        "ids_forgotten_with_them": len(verdict.twice),
        "identity_exact": identity_holds(metrics),
        "unhandled": len(faults),
        "faults": faults[:3],
        "rss_mb": served.rss_mb,
    }


def failures(result: dict[str, Any]) -> list[str]:
    """What did not hold."""
    wrong = [name for name in ("untold", "unhandled") if result[name]]
    wrong += [name for name in ("identity_exact", "files_set_aside") if not result[name]]
    return wrong + (["went_on"] if result["went_on"] != result["damages"] else [])


def _takes_reports(clients: Clients, seconds: float = 60) -> bool:
    before = len(clients.acknowledged)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if len(clients.acknowledged) > before + 20:
            return True
        time.sleep(0.1)
    return False


def _set_aside(data: Path) -> set[str]:
    return {path.name for path in data.glob("*.damaged-*") if not path.name.endswith(("-wal", "-shm"))}
