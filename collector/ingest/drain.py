"""The drain: one thread that moves the spool to the store in large blocks, exactly once in effect.

A block's range and token are durable before its insert begins. After a crash anywhere the same range is
drained again: what the store has of it is left out (``replay.py``), and a server recognises the token besides
(``insert_deduplication_token``).
"""

import asyncio
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import structlog

from collector.ingest.accounting import ITEMS_STORED, REPORTS_STORED, Count
from collector.ingest.batch_ids import forget_before, scan
from collector.ingest.block import Block, fix_block, let_go, mark_stored
from collector.ingest.block_tables import read_tables
from collector.ingest.columns import count_items
from collector.ingest.replay import what_is_left
from collector.ingest.settings import SpoolSettings
from collector.ingest.spool import Spool
from collector.ingest.spool_file import is_damage
from collector.ingest.turns import Turns
from collector.store import Store, StoreError
from collector.store.gate import WriteGate

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0
PRUNE_SECONDS = 900.0


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
        block = self._spool.run(
            partial(fix_block, spool_id=self._spool.spool_id, reports=self._settings.block_reports)
        )
        if block is None:
            return False
        if block.stored:
            self._spool.remember(block.groups)  # a process that ended here may not have come to all
        else:
            self._store_block(block)
        over = False
        while not over:
            reports, size, over = self._spool.run(partial(let_go, block=block))
            self._spool.forget(reports, size)
        self.blocks += 1
        self._spool.checkpoint()
        return True

    def _store_block(self, block: Block) -> None:
        """Inserts it, once in effect, has its ids remembered, and writes into the books that it is stored."""
        hurry = self._spool.pending_reports >= self._settings.block_reports
        tables, stored, poison = read_tables(self._spool, block.groups, self._turns, hurry=hurry)
        started = time.perf_counter()
        token, left = what_is_left(self._store, block, tables) if block.begun else (block.token, tables)
        for name, table in left.items():
            self._store.insert(name, table, token=f"{token}:{name}")
        self.insert_seconds += time.perf_counter() - started
        counts = Counter({REPORTS_STORED: stored, ITEMS_STORED: count_items(tables)})
        counts.update(Count("reports", "quarantined", bad.reason) for bad in poison)
        self._spool.remember(block.groups)
        self._spool.run(lambda connection: mark_stored(connection, block, +counts, poison))
        self._spool.ledger.count_saved(+counts)
        if poison:
            log.error(
                "reports_quarantined",
                reports=len(poison),
                reasons=sorted({bad.reason for bad in poison}),
                advice="see docs/operations.md, 'Quarantined reports'",
            )

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
