"""What has been told to whom, so that a restart does not tell it again and a failure is tried again; and how
far each finding's episode is.

Of deliveries only successes are written: whatever is not in the ledger is still owed. The findings themselves
are rows of the store, and every run delivers from them, so a lost ledger repeats messages and loses none.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import structlog
from pydantic import TypeAdapter, ValidationError

from collector.alerts.episode import Episode

log = structlog.get_logger(__name__)

KEEP = timedelta(days=90)
"""An entry that no run asked for in so long belongs to a finding that is gone."""

_EPISODE: TypeAdapter[Episode] = TypeAdapter(Episode)


class Ledger(Protocol):
    """Remembers which event each target has taken, and the episodes."""

    def untold(self, target: str, events: Iterable[str], *, at: datetime) -> set[str]:
        """Those of the events that the target has not taken yet; ``at`` is the time of asking."""

    def record(self, target: str, events: Iterable[str], *, at: datetime) -> None:
        """Remembers that the target took the events."""

    def episodes(self, finding_ids: Iterable[str]) -> dict[str, Episode]:
        """The episodes of these findings, and all whose end is owed, by the findings' ids."""

    def keep(self, episodes: Mapping[str, Episode], *, at: datetime) -> None:
        """Remembers how far the episodes are."""


class MemoryLedger:
    """A ledger that lasts as long as the process."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], datetime] = {}
        self._episodes: dict[str, tuple[Episode, datetime]] = {}

    def untold(self, target: str, events: Iterable[str], *, at: datetime) -> set[str]:
        """Those of the events that the target has not taken yet."""
        asked = set(events)
        untold = {event for event in asked if (target, event) not in self._told}
        for event in asked - untold:
            self._told[target, event] = at
        for key in [key for key, seen in self._told.items() if at - seen > KEEP]:
            del self._told[key]
        return untold

    def record(self, target: str, events: Iterable[str], *, at: datetime) -> None:
        """Remembers that the target took the events."""
        self._told |= {(target, event): at for event in events}

    def episodes(self, finding_ids: Iterable[str]) -> dict[str, Episode]:
        """The episodes of these findings, and all whose end is owed."""
        asked = set(finding_ids)
        return {
            finding_id: episode
            for finding_id, (episode, _) in self._episodes.items()
            if finding_id in asked or episode.end_is_owed
        }

    def keep(self, episodes: Mapping[str, Episode], *, at: datetime) -> None:
        """Remembers how far the episodes are."""
        self._episodes |= {finding_id: (episode, at) for finding_id, episode in episodes.items()}
        for finding_id in [key for key, (_, seen) in self._episodes.items() if at - seen > KEEP]:
            del self._episodes[finding_id]


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
            connection.execute(
                "CREATE TABLE IF NOT EXISTS episodes (finding_id TEXT PRIMARY KEY, episode TEXT NOT NULL, "
                "end_is_owed INTEGER NOT NULL, at REAL NOT NULL)"
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

    def record(self, target: str, events: Iterable[str], *, at: datetime) -> None:
        """Remembers that the target took the events."""
        with closing(self._connect()) as connection, connection:
            connection.executemany(
                "INSERT OR REPLACE INTO told VALUES (?, ?, ?)",
                [(target, event, at.timestamp()) for event in events],
            )

    def episodes(self, finding_ids: Iterable[str]) -> dict[str, Episode]:
        """The episodes of these findings, and all whose end is owed."""
        asked = set(finding_ids)
        with closing(self._connect()) as connection:
            rows = connection.execute("SELECT finding_id, episode, end_is_owed FROM episodes").fetchall()
        found = {}
        for finding_id, text, end_is_owed in rows:
            if finding_id not in asked and not end_is_owed:
                continue
            try:
                found[finding_id] = _EPISODE.validate_json(text)
            except ValidationError as error:  # of a newer version of ours
                log.warning("episode_unreadable", finding_id=finding_id, error=error.errors()[0]["msg"])
        return found

    def keep(self, episodes: Mapping[str, Episode], *, at: datetime) -> None:
        """Remembers how far the episodes are."""
        with closing(self._connect()) as connection, connection:
            connection.executemany(
                "INSERT OR REPLACE INTO episodes VALUES (?, ?, ?, ?)",
                [
                    (finding_id, _EPISODE.dump_json(episode).decode(), episode.end_is_owed, at.timestamp())
                    for finding_id, episode in episodes.items()
                ],
            )
            connection.execute("DELETE FROM episodes WHERE at < ?", ((at - KEEP).timestamp(),))

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=10)
