"""The drain: one thread that moves the spool to the store in large blocks, exactly once in effect.

A block's range and token are durable before its insert begins. After a crash anywhere the same range is
drained again: what the store has of it is left out (``replay.py``), and a server recognises the token besides
(``insert_deduplication_token``).
"""

import asyncio
import json
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import structlog

from collector.ingest.accounting import ITEMS_STORED, REPORTS_STORED, Count
from collector.ingest.batch_ids import forget_before, scan
from collector.ingest.block_tables import read_tables
from collector.ingest.records import Poison
from collector.ingest.replay import missing, token_of_replay
from collector.ingest.saved_counts import save_counts
from collector.ingest.settings import SpoolSettings
from collector.ingest.spool import Spool
from collector.ingest.spool_file import is_damage
from collector.ingest.turns import Turns
from collector.store import Store, StoreError
from collector.store.gate import WriteGate

log = structlog.get_logger(__name__)

BLOCK_BYTES = 32 << 20
MOST_GROUPS = 10_000
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0
PRUNE_SECONDS = 900.0


class _Block(NamedTuple):
    """A range of groups, first and last included, and the name under which the store remembers it."""

    first: int
    last: int
    token: str
    groups: list[int]
    begun: bool
    """Before: by a process that ended, or by an insert that failed."""


class Drain:
    """Owns the thread that empties the spool into the store."""

    def __init__(self, spool: Spool, store: Store, settings: SpoolSettings) -> None:
        self._spool = spool
        self._store = store
        self._settings = settings
        self._wake = threading.Event()
        self._deadline: float | None = None
        self._gate = WriteGate()
        self._turns = Turns()
        self._next_prune = 0.0
        self.last_error: str | None = None
        self.blocks = 0
        self.insert_seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="spool-drain", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Begins with the block that a crash may have left half inserted.

        ``loop`` is the one that takes reports, if one does.
        """
        self._turns = Turns(loop)
        self._thread.start()

    def stop(self) -> None:
        """Drains on for at most ``spool.stop_seconds``, then ends; what is left waits on disk."""
        self._deadline = time.monotonic() + self._settings.stop_seconds
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def catch_up(self, seconds: float) -> bool:
        """Hurries until all that the spool holds now is stored; False when ``seconds`` were not enough."""
        end = time.monotonic() + seconds
        newest = self._spool.run(
            lambda connection: connection.execute("SELECT max(id) FROM groups").fetchone()[0]
        )
        while newest is not None:
            oldest = self._spool.run(
                lambda connection: connection.execute("SELECT min(id) FROM groups").fetchone()[0]
            )
            if oldest is None or oldest > newest:
                break
            if time.monotonic() >= end:
                return False
            self._wake.set()
            time.sleep(0.02)
        return True

    @contextmanager
    def paused(self) -> Iterator[bool]:
        """No block is under way and none begins: what the spool holds is what the store lacks.

        False when a block was begun that the store did not take whole: some of its rows may be there.
        """
        with self._gate.closed():
            begun = self._spool.run(lambda connection: connection.execute("SELECT 1 FROM block").fetchone())
            yield begun is None

    def _run(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            if self._spool.pending_reports < self._settings.block_reports:
                self._wait(self._settings.linger_seconds)
            try:
                while self._drain_block():
                    pause = FIRST_PAUSE_SECONDS
                    if self._spool.pending_reports < self._settings.block_reports and self._deadline is None:
                        break
                    if self._is_late():
                        return
                self._prune_now_and_then()
                self.last_error = None
            except (StoreError, sqlite3.Error) as error:
                # The spool goes on taking reports; nothing here is lost by waiting.
                if str(error) != self.last_error:
                    log.error(  # noqa: TRY400 - once per outage, and the store's message says it all
                        "drain_failed", error=str(error), pending=self._spool.pending_reports
                    )
                self.last_error = str(error)
                if isinstance(error, sqlite3.Error) and is_damage(error):
                    self._spool.report_damage(error)
                self._wait(pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads collectors, guards nothing
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            if self._is_late() or (self._deadline is not None and not self._spool.pending_reports):
                return

    def _wait(self, seconds: float) -> None:
        if self._deadline is not None:
            seconds = min(seconds, max(0.0, self._deadline - time.monotonic()), 0.25)
        self._wake.wait(seconds)
        self._wake.clear()

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() >= self._deadline

    def _drain_block(self) -> bool:
        """Moves one block; False when there was none."""
        with self._gate.passing():
            return self._move_block()

    def _move_block(self) -> bool:
        block = self._spool.run(self._fix_block)
        if block is None:
            return False
        hurry = self._spool.pending_reports >= self._settings.block_reports
        tables, stored, poison = read_tables(self._spool, block.groups, self._turns, hurry=hurry)
        started = time.perf_counter()
        token, left = block.token, tables
        if block.begun:
            token, left = token_of_replay(self._store, block.token), missing(self._store, tables)
        for name, table in left.items():
            self._store.insert(name, table, token=f"{token}:{name}")
        self.insert_seconds += time.perf_counter() - started
        items = sum(table.num_rows for name, table in tables.items() if name != "drops")
        counts = Counter({REPORTS_STORED: stored, ITEMS_STORED: items})
        counts.update(Count("reports", "quarantined", bad.reason) for bad in poison)
        self._spool.remember(block.groups)
        reports_out, bytes_out = self._spool.run(
            lambda connection: _finish(connection, block, counts, poison)
        )
        self._spool.ledger.count_saved(+counts)
        self._spool.forget(reports_out, bytes_out)
        if poison:
            log.error(
                "reports_quarantined",
                reports=len(poison),
                reasons=sorted({bad.reason for bad in poison}),
                advice="see docs/operations.md, 'Quarantined reports'",
            )
        self.blocks += 1
        self._spool.checkpoint()
        return True

    def _fix_block(self, connection: sqlite3.Connection) -> _Block | None:
        """The block that was begun before, or a new one made durable now."""
        if row := connection.execute("SELECT first, last, token FROM block").fetchone():
            first, last, token = row
            return _Block(first, last, token, _groups_between(connection, first, last), begun=True)
        first = last = None
        reports = size = 0
        for group, of_group, bytes_of_group in _waiting_groups(connection):
            reports, size = reports + of_group, size + bytes_of_group
            if first is not None and (reports > self._settings.block_reports or size > BLOCK_BYTES):
                break
            first, last = (group if first is None else first), group
        if first is None or last is None:
            return None
        token = f"{self._spool.spool_id}-{first}-{last}"
        connection.execute("INSERT INTO block VALUES (1, ?, ?, ?)", (first, last, token))
        return _Block(first, last, token, _groups_between(connection, first, last), begun=False)

    def _prune_now_and_then(self) -> None:
        """Forgets batch ids beyond the retry horizon: looks at all of them, some at a time."""
        if time.monotonic() < self._next_prune:
            return
        self._spool.run(self._spool.age.save)
        before = forget_before(self._scan(None), self._spool.age.hours(), self._settings)
        self._scan(before)
        self._next_prune = time.monotonic() + PRUNE_SECONDS

    def _scan(self, before_hour: int | None) -> Counter[int]:
        """How many ids are remembered of each hour; those of hours before are forgotten."""
        hours: Counter[int] = Counter()
        last: bytes | None = b""
        while last is not None and self._deadline is None:
            last, of_hours, _ = self._spool.run(partial(scan, after=last, before_hour=before_hour))
            hours.update(of_hours)
        return hours


def _waiting_groups(connection: sqlite3.Connection) -> list[list[int]]:
    """(id, reports, bytes) of the oldest groups.

    As one row of JSON: each row that is stepped to gives the GIL up and waits for it again.
    """
    rows: list[list[int]] = json.loads(
        connection.execute(
            "SELECT json_group_array(json_array(id, reports, bytes)) FROM"
            " (SELECT id, reports, bytes FROM groups ORDER BY id LIMIT ?)",
            (MOST_GROUPS,),
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


def _finish(
    connection: sqlite3.Connection, block: _Block, counts: Counter[Count], poison: list[Poison]
) -> tuple[int, int]:
    """The block is stored and its ids remembered: its reports leave. Returns how many, and their bytes."""
    if connection.execute("SELECT token FROM block").fetchone() != (block.token,):
        # The file was found damaged and replaced meanwhile: this range names other reports now.
        return 0, 0
    span = (block.first, block.last)
    left: tuple[int, int] = connection.execute(
        "SELECT coalesce(sum(reports), 0), coalesce(sum(bytes), 0) FROM groups WHERE id BETWEEN ? AND ?", span
    ).fetchone()
    connection.executemany("INSERT INTO quarantine (received_at, reason, record) VALUES (?, ?, ?)", poison)
    connection.execute("DELETE FROM groups WHERE id BETWEEN ? AND ?", span)
    connection.execute("DELETE FROM block")
    save_counts(connection, +counts)
    return left
