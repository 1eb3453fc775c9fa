"""The drain: one thread that moves the spool to the store in large blocks, exactly once in effect.

A block's range and token are durable before its insert begins. After a crash anywhere, the same range is
inserted again under the same token, which the store recognises (``insert_deduplication_token``): a no-op.
"""

import random
import sqlite3
import threading
import time
from collections import Counter
from typing import NamedTuple

import pyarrow as pa
import structlog
from pydantic_core import from_json

from collector.ingest.accounting import ITEMS_STORED, REPORTS_STORED, Count
from collector.ingest.columns import SpooledReport, to_tables
from collector.ingest.settings import SpoolSettings
from collector.ingest.spool import Spool, save_counts
from collector.store import Store, StoreError

log = structlog.get_logger(__name__)

BLOCK_BYTES = 16 << 20
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0
PRUNE_SECONDS = 60.0
PRUNE_BATCHES = 5000

_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, pa.ArrowException)
"""What a record that is not a validated report makes ``columns`` raise."""


class _Block(NamedTuple):
    """A range of groups, first and last included, and the name under which the store remembers it."""

    first: int
    last: int
    token: str


class _Poison(NamedTuple):
    """A record that cannot become rows. It is kept for a person, and never blocks the others."""

    received_at_ms: int
    reason: str
    record: bytes


class Drain:
    """Owns the thread that empties the spool into the store."""

    def __init__(self, spool: Spool, store: Store, settings: SpoolSettings) -> None:
        self._spool = spool
        self._store = store
        self._settings = settings
        self._wake = threading.Event()
        self._deadline: float | None = None
        self._next_prune = 0.0
        self.last_error: str | None = None
        self.blocks = 0
        self.insert_seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="spool-drain", daemon=True)

    def start(self) -> None:
        """Begins with the block that a crash may have left half inserted."""
        self._thread.start()

    def stop(self) -> None:
        """Drains on for at most ``spool.stop_seconds``, then ends; what is left waits on disk."""
        self._deadline = time.monotonic() + self._settings.stop_seconds
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def flush(self, seconds: float) -> bool:
        """Hurries, and waits until nothing is pending; False when ``seconds`` were not enough."""
        end = time.monotonic() + seconds
        while self._spool.pending_reports and time.monotonic() < end:
            self._wake.set()
            time.sleep(0.02)
        return not self._spool.pending_reports

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
        block = self._spool.run(self._fix_block)
        if block is None:
            return False
        reports, poison = _read(self._spool, block)
        tables, more_poison = _tables(reports)
        poison += more_poison
        started = time.perf_counter()
        for name, table in tables.items():
            self._store.insert(name, table, token=f"{block.token}:{name}")
        self.insert_seconds += time.perf_counter() - started
        items = sum(table.num_rows for name, table in tables.items() if name != "drops")
        counts = Counter({REPORTS_STORED: len(reports) - len(more_poison), ITEMS_STORED: items})
        counts.update(Count("reports", "quarantined", bad.reason) for bad in poison)
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
        return True

    def _fix_block(self, connection: sqlite3.Connection) -> _Block | None:
        """The block that was begun before, or a new one made durable now."""
        if row := connection.execute("SELECT first, last, token FROM block").fetchone():
            return _Block(*row)
        first = last = None
        reports = size = 0
        for group, of_group, bytes_of_group in connection.execute(
            "SELECT id, reports, bytes FROM groups ORDER BY id"
        ):
            reports, size = reports + of_group, size + bytes_of_group
            if first is not None and (reports > self._settings.block_reports or size > BLOCK_BYTES):
                break
            first, last = (group if first is None else first), group
        if first is None or last is None:
            return None
        block = _Block(first, last, f"{self._spool.spool_id}-{first}-{last}")
        connection.execute("INSERT INTO block VALUES (1, ?, ?, ?)", block)
        return block

    def _prune_now_and_then(self) -> None:
        """Forgets batch ids beyond the retry horizon, some at a time."""
        if time.monotonic() < self._next_prune:
            return
        before = int((time.time() - self._settings.retry_horizon_hours * 3600) * 1000)
        while (
            pruned := self._spool.run(lambda connection: _prune(connection, before, self._settings))
        ) and not (self._deadline):
            log.debug("batch_ids_forgotten", batches=pruned)
        self._next_prune = time.monotonic() + PRUNE_SECONDS


def _read(spool: Spool, block: _Block) -> tuple[list[SpooledReport], list[_Poison]]:
    reports: list[SpooledReport] = []
    poison: list[_Poison] = []
    connection = spool.reader()
    try:
        groups = connection.execute(
            "SELECT records FROM groups WHERE id BETWEEN ? AND ? ORDER BY id", (block.first, block.last)
        ).fetchall()
    finally:
        connection.close()
    for (records,) in groups:
        try:
            reports += [
                SpooledReport(*pair) for pair in from_json(b"[%b]" % records[1:].replace(b"\x1e", b","))
            ]
        except _UNREADABLE:
            for record in records.split(b"\x1e")[1:]:
                try:
                    reports.append(SpooledReport(*from_json(record)))
                except _UNREADABLE:
                    poison.append(_Poison(0, "unreadable_json", record))
    return reports, poison


def _tables(reports: list[SpooledReport]) -> tuple[dict[str, pa.Table], list[_Poison]]:
    try:
        return to_tables(reports), []
    except _UNREADABLE:
        unfit = _unfit(reports)
        bad = {id(spooled) for spooled, _ in unfit}
        poison = [
            _Poison(_time_of(spooled), f"unfit_{type(error).__name__}", repr(spooled.report).encode())
            for spooled, error in unfit
        ]
        return to_tables([spooled for spooled in reports if id(spooled) not in bad]), poison


def _unfit(reports: list[SpooledReport]) -> list[tuple[SpooledReport, Exception]]:
    """The reports that cannot become rows, found by halves: one in a block of 2,000 costs 22 conversions."""
    try:
        to_tables(reports)
    except _UNREADABLE as error:
        if len(reports) == 1:
            return [(reports[0], error)]
        middle = len(reports) // 2
        return _unfit(reports[:middle]) + _unfit(reports[middle:])
    return []


def _time_of(spooled: SpooledReport) -> int:
    return spooled.received_at_ms if isinstance(spooled.received_at_ms, int) else 0


def _finish(
    connection: sqlite3.Connection, block: _Block, counts: Counter[Count], poison: list[_Poison]
) -> tuple[int, int]:
    """The block is stored: its reports leave, their ids stay. Returns how many reports and bytes left."""
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


def _prune(connection: sqlite3.Connection, before_ms: int, settings: SpoolSettings) -> int:
    newest = connection.execute("SELECT coalesce(max(id), 0) FROM batches").fetchone()[0]
    return connection.execute(
        "DELETE FROM batches WHERE id IN (SELECT id FROM batches ORDER BY id LIMIT ?)"
        " AND (received_at < ? OR id <= ?)",
        (PRUNE_BATCHES, before_ms, newest - settings.max_remembered),
    ).rowcount
