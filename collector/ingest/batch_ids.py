"""Which batches were accepted before: what recognises a retry.

The id of an accepted batch is in its waiting group first, committed with its report, and here in memory. When
the group leaves for the store, its ids go to the table ``batches``, thousands at a time and in the order of
their keys: random ids one commit at a time would dirty a page each, which cost more than the reports
themselves (docs/adr/0007-hot-path.md). At every moment an id is in one of the two places.

An id is kept as 96 bits of a keyed hash. That two of 20 million ids are equal by chance has a probability of
10^-15; who wants to make them equal does not know the key.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from math import floor

from collector.ingest.settings import SpoolSettings

ID_BYTES = 12
CHUNK_IDS = 1000
SCAN_IDS = 20_000

_EACH = (
    f"WITH RECURSIVE each(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM each WHERE n + 1 < :count),"
    f" ids(id) AS (SELECT substr(:ids, n * {ID_BYTES} + 1, {ID_BYTES}) FROM each)"
)
"""Ids out of one blob: a statement with a row for each would give the GIL up at each of them."""


class BatchIds:
    """The ids of waiting groups in memory, and the table of the others. For the spool's writer alone."""

    def __init__(self, connection: sqlite3.Connection, spool_id: str) -> None:
        self._key = spool_id.encode()
        waiting = connection.execute("SELECT ids FROM groups").fetchall()
        self._waiting = {one for (ids,) in waiting for one in split(ids)}

    def name(self, app: str, batch_id: str) -> bytes:
        """What a batch is remembered as."""
        text = f"{app}\0{batch_id}".encode()
        return hashlib.blake2b(text, digest_size=ID_BYTES, key=self._key).digest()

    def tell_new(self, connection: sqlite3.Connection, ids: Sequence[bytes]) -> list[bool]:
        """Which of these are new; of equal ones the first is."""
        if not ids:
            return []
        found = connection.execute(
            f"{_EACH} SELECT group_concat(hex(batches.id), '') FROM ids CROSS JOIN batches"
            " WHERE batches.id = ids.id",
            {"count": len(ids), "ids": b"".join(ids)},
        ).fetchone()[0]
        known = set(split(bytes.fromhex(found or "")))
        new = []
        for one in ids:
            new.append(one not in known and one not in self._waiting)
            known.add(one)
        return new

    def wait(self, ids: Iterable[bytes]) -> None:
        """These were committed with their reports."""
        self._waiting.update(ids)

    def settle(self, ids: Iterable[bytes]) -> None:
        """These are in the table now."""
        self._waiting.difference_update(ids)


def split(ids: bytes) -> list[bytes]:
    """The ids of a group, which holds them as one blob."""
    return [ids[at : at + ID_BYTES] for at in range(0, len(ids), ID_BYTES)]


def ids_of(connection: sqlite3.Connection, groups: Sequence[int]) -> dict[int, list[bytes]]:
    """The ids of these groups by the hour in which they came, in the order of the table's keys."""
    found = connection.execute(
        "SELECT json_group_array(json_array(hour, hex(ids))) FROM groups"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(groups)),),
    ).fetchone()[0]
    by_hour: dict[int, list[bytes]] = {}
    for hour, ids in json.loads(found):
        by_hour.setdefault(hour, []).extend(split(bytes.fromhex(ids)))
    return {hour: sorted(ids) for hour, ids in by_hour.items()}


def remember(connection: sqlite3.Connection, hour: int, ids: Sequence[bytes]) -> None:
    """Puts ids into the table. Repeating it changes nothing."""
    connection.execute(
        f"{_EACH} INSERT OR IGNORE INTO batches SELECT id, :hour FROM ids",
        {"count": len(ids), "ids": b"".join(ids), "hour": hour},
    )


def scan(
    connection: sqlite3.Connection, after: bytes, before_hour: int | None
) -> tuple[bytes | None, dict[int, int], int]:
    """Looks at the next ids after one, and forgets those of hours before ``before_hour``.

    Returns the last id looked at, None at the end; how many there were for each hour; how many are forgotten.
    """
    last, count = connection.execute(
        "SELECT max(id), count(*) FROM (SELECT id FROM batches WHERE id > ? ORDER BY id LIMIT ?)",
        (after, SCAN_IDS),
    ).fetchone()
    if not count:
        return None, {}, 0
    forgotten = 0
    if before_hour is not None:
        forgotten = connection.execute(
            "DELETE FROM batches WHERE id > ? AND id <= ? AND hour < ?", (after, last, before_hour)
        ).rowcount
    rows = connection.execute(
        "SELECT json_group_array(json_array(hour, n)) FROM"
        " (SELECT hour, count(*) AS n FROM batches WHERE id > ? AND id <= ? GROUP BY hour)",
        (after, last),
    ).fetchone()[0]
    return (last if count == SCAN_IDS else None), dict(json.loads(rows)), forgotten


def forget_before(hours: Counter[int], now: float, settings: SpoolSettings) -> int:
    """The first hour whose ids are still remembered: by age (``now`` in hours), and by how many they are."""
    first = floor(now - settings.retry_horizon_hours)
    kept = 0
    for hour in sorted(hours, reverse=True):
        kept += hours[hour]
        if kept > settings.max_remembered:
            return max(first, hour + 1)
    return first
