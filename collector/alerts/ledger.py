"""What has been told to whom, so that a restart does not tell it again and a failure is tried again.

Only successes are written: whatever is not in the ledger is still owed. The findings themselves are rows of
the store, and every run delivers from them, so a lost ledger repeats messages and loses none.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

KEEP = timedelta(days=90)
"""An entry that no run asked for in so long belongs to a finding that is gone."""


class Ledger(Protocol):
    """Remembers which event each target has taken."""

    def untold(self, target: str, events: Iterable[str], *, at: datetime) -> set[str]:
        """Those of the events that the target has not taken yet; ``at`` is the time of asking."""

    def record(self, target: str, event: str, *, at: datetime) -> None:
        """Remembers that the target took the event."""


class MemoryLedger:
    """A ledger that lasts as long as the process."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], datetime] = {}

    def untold(self, target: str, events: Iterable[str], *, at: datetime) -> set[str]:
        """Those of the events that the target has not taken yet."""
        asked = set(events)
        untold = {event for event in asked if (target, event) not in self._told}
        for event in asked - untold:
            self._told[target, event] = at
        for key in [key for key, seen in self._told.items() if at - seen > KEEP]:
            del self._told[key]
        return untold

    def record(self, target: str, event: str, *, at: datetime) -> None:
        """Remembers that the target took the event."""
        self._told[target, event] = at


class SqliteLedger:
    """A ledger in a small SQLite file. Each call has its own connection: threads and processes share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as connection, connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS told "
                "(target TEXT NOT NULL, event TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (target, event))"
            )

    def untold(self, target: str, events: Iterable[str], *, at: datetime) -> set[str]:
        """Those of the events that the target has not taken yet."""
        asked = set(events)
        with closing(self._connect()) as connection, connection:
            rows = connection.execute("SELECT event FROM told WHERE target = ?", (target,)).fetchall()
            told = asked & {row[0] for row in rows}
            connection.executemany(
                "UPDATE told SET at = ? WHERE target = ? AND event = ?",
                [(at.timestamp(), target, event) for event in sorted(told)],
            )
            connection.execute("DELETE FROM told WHERE at < ?", ((at - KEEP).timestamp(),))
        return asked - told

    def record(self, target: str, event: str, *, at: datetime) -> None:
        """Remembers that the target took the event."""
        with closing(self._connect()) as connection, connection:
            connection.execute(
                "INSERT OR REPLACE INTO told VALUES (?, ?, ?)", (target, event, at.timestamp())
            )

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=10)
