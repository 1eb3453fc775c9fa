"""A block: a range of the spool's groups, from when it is fixed until its groups have left.

Its range and token are durable before its insert begins, and that it is stored before the first of its groups
leaves. What is here runs as transactions of the drain.
"""

import json
import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from collector.ingest.accounting import Count
from collector.ingest.records import Poison
from collector.ingest.saved_counts import save_counts

WHOLE = "-whole"
"""Ends the token of a block of which each table is inserted as one Arrow chunk.

Blocks that were begun without it were inserted in many chunks, which nobody can cut alike again.
"""
BLOCK_BYTES = 32 << 20
MOST_GROUPS = 10_000
BYTES_LET_GO = 1 << 20
MOST_GROUPS_LET_GO = 200


class Block(NamedTuple):
    """A range of groups, first and last included, and the name under which the store remembers it."""

    first: int
    last: int
    token: str
    groups: list[int]
    begun: bool
    """Before: by a process that ended, or by an insert that failed."""
    stored: bool
    """The store has it and the books say so: all that is left is that its groups leave."""

    @property
    def whole(self) -> bool:
        """Whether each of its tables was inserted as one chunk, if an insert was begun."""
        return self.token.endswith(WHOLE)


def fix_block(connection: sqlite3.Connection, *, spool_id: str, reports: int) -> Block | None:
    """The block that was begun before, or a new one of at most so many ``reports``, made durable now."""
    if row := connection.execute("SELECT first, last, token, stored FROM block").fetchone():
        first, last, token, stored = row
        groups = _groups_between(connection, first, last)
        return Block(first, last, token, groups, begun=True, stored=bool(stored))
    first = last = None
    taken = size = 0
    for group, of_group, bytes_of_group in _waiting(connection, 0, MOST_GROUPS):
        taken, size = taken + of_group, size + bytes_of_group
        if first is not None and (taken > reports or size > BLOCK_BYTES):
            break
        first, last = (group if first is None else first), group
    if first is None or last is None:
        return None
    token = f"{spool_id}-{first}-{last}{WHOLE}"
    connection.execute(
        "INSERT INTO block (only, first, last, token) VALUES (1, ?, ?, ?)", (first, last, token)
    )
    groups = _groups_between(connection, first, last)
    return Block(first, last, token, groups, begun=False, stored=False)


def _waiting(connection: sqlite3.Connection, first: int, most: int) -> list[list[int]]:
    """(id, reports, bytes) of the oldest groups from ``first`` on.

    As one row of JSON: each row that is stepped to gives the GIL up and waits for it again.
    """
    rows: list[list[int]] = json.loads(
        connection.execute(
            "SELECT json_group_array(json_array(id, reports, bytes)) FROM"
            " (SELECT id, reports, bytes FROM groups WHERE id >= ? ORDER BY id LIMIT ?)",
            (first, most),
        ).fetchone()[0]
    )
    return rows


def _groups_between(connection: sqlite3.Connection, first: int, last: int) -> list[int]:
    found = connection.execute(
        "SELECT json_group_array(id) FROM (SELECT id FROM groups WHERE id BETWEEN ? AND ? ORDER BY id)",
        (first, last),
    ).fetchone()[0]
    groups: list[int] = json.loads(found)
    return groups


def mark_stored(
    connection: sqlite3.Connection, block: Block, counts: Mapping[Count, int], poison: list[Poison]
) -> None:
    """The block is stored and its ids remembered: from here on it is not inserted again."""
    if not _is_ours(connection, block):
        return
    connection.executemany("INSERT INTO quarantine (received_at, reason, record) VALUES (?, ?, ?)", poison)
    connection.execute("UPDATE block SET stored = 1")
    save_counts(connection, counts)


def let_go(connection: sqlite3.Connection, *, block: Block) -> tuple[int, int, bool]:
    """Some of a stored block's groups leave: how many reports and bytes, and whether they were the last.

    Not all at once: freeing the pages of 8 MB takes 15 to 45 ms, and acknowledgements wait for it.
    """
    if not _is_ours(connection, block):
        return 0, 0, True
    reports = size = 0
    last, over = block.last, True
    for group, of_group, bytes_of_group in _waiting(connection, block.first, MOST_GROUPS_LET_GO):
        if group > block.last:
            break
        last, reports, size = group, reports + of_group, size + bytes_of_group
        over = group == block.last
        if size >= BYTES_LET_GO:
            break
    connection.execute("DELETE FROM groups WHERE id BETWEEN ? AND ?", (block.first, last))
    if over:
        connection.execute("DELETE FROM block")
    return reports, size, over


def _is_ours(connection: sqlite3.Connection, block: Block) -> bool:
    """Not when the file was found damaged and replaced meanwhile: the range names other reports then."""
    token: tuple[str] | None = connection.execute("SELECT token FROM block").fetchone()
    return token == (block.token,)
