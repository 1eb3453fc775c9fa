"""The spool: what it holds is durable, known by its batch id, and waiting for the store.

One writer thread commits everything that arrived while it was busy with the commit before (group commit):
under load one fsync serves dozens of reports. Everything that writes goes through that thread, so there is no
lock to wait for. What is Python, the checks of a group, is done in the event loop's thread: in the writer
each step of it would wait for the loop to let the GIL go.
"""

import asyncio
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import compress
from pathlib import Path
from typing import NamedTuple, TypeVar

import structlog

from collector.contract.reasons import Reason
from collector.ingest.accounting import REPORTS_SET_ASIDE, Ledger
from collector.ingest.age import SYSTEM, Age, Clocks
from collector.ingest.batch import Batch
from collector.ingest.batch_ids import CHUNK_IDS, BatchIds, ids_of, remember
from collector.ingest.decode import Decoded
from collector.ingest.group import Entry, Group, examine, outcomes
from collector.ingest.handover import Handover
from collector.ingest.inspection import Inspection
from collector.ingest.refusal import Refused
from collector.ingest.saved_counts import read_counts, save_counts
from collector.ingest.settings import SpoolSettings
from collector.ingest.spool_file import (
    checkpoint,
    connect,
    is_damage,
    is_large,
    open_spool_file,
    set_aside,
)

log = structlog.get_logger(__name__)
T = TypeVar("T")

GROUP_REPORTS = 64
COMMIT_BYTES = 4 << 20
SAVE_COUNTS_SECONDS = 1.0


class _Chore(NamedTuple):
    """A transaction of the drain, run by the writer between two groups."""

    work: Callable[[sqlite3.Connection], object]
    done: "Future[object]"


class Spool:
    """A durable queue in one SQLite file. ``put`` is for the event loop, the rest for any thread."""

    def __init__(self, path: Path, settings: SpoolSettings, clocks: Clocks = SYSTEM) -> None:
        """Opens the file. Raises ``sqlite3.OperationalError`` when it cannot be made or written."""
        self.path = path
        self._settings = settings
        self._clocks = clocks
        self._wake = threading.Condition()
        self._arrived: list[Entry] = []
        self._groups: list[Group] = []
        self._under_commit = 0
        self._handing_over: asyncio.AbstractEventLoop | None = None
        self._chores: list[_Chore] = []
        self._entry_bytes = 0
        self.handover = Handover()
        self._stopping = False
        self._closed = False
        self._damaged = False
        self.last_error: str | None = None
        self.commits = 0
        self.commit_seconds = 0.0
        self._open()
        self.ledger = Ledger(self._saved_counts)
        self._writer = threading.Thread(target=self._write_loop, name="spool-writer", daemon=True)
        self._writer.start()
        self._inspection = Inspection(path, self.report_damage) if is_large(path) else None

    # -- for the event loop
    # -------------------------------------------------------------------------------------

    async def put(self, decoded: Decoded, received_at_ms: int) -> bool:
        """Stores a report durably. True when it is new, False when its batch id was stored before.

        Raises:
            Refused: spool_full past the watermark, spool_unavailable when the disk refuses, stopping.
        """
        size = len(decoded.body)
        loop = asyncio.get_running_loop()
        entry = Entry(decoded, received_at_ms, loop.create_future())
        with self._wake:
            if self._stopping:
                raise Refused(Reason.STOPPING, retry_after=2)
            if self.pending_bytes + self._entry_bytes + size > self._settings.max_bytes:
                raise Refused(Reason.SPOOL_FULL, retry_after=30)
            self._arrived.append(entry)
            self._entry_bytes += size
            arrived, under_commit = len(self._arrived), self._under_commit
        if arrived >= GROUP_REPORTS:
            self._hand_over()
        elif not under_commit and self._handing_over is not loop:
            # With what else arrives in this turn of the loop. While a commit is under way, its end does it.
            self._handing_over = loop
            loop.call_soon(self._hand_over)
        return await entry.answer

    # -- for the drain
    # ------------------------------------------------------------------------------------------

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs a transaction in the writer thread and returns its result; raises what it raised."""
        done: Future[T] = Future()
        with self._wake:
            if self._stopping:
                raise sqlite3.OperationalError("the spool is closed")
            self._chores.append(_Chore(work, done))  # type: ignore[arg-type]
            self._wake.notify()
        return done.result()

    def remember(self, groups: Sequence[int]) -> None:
        """Has the ids of these groups in the table of ids; then the groups may go.

        A part at a time, so that no commit has to wait for all of it.
        """
        for hour, ids in self.run(lambda connection: ids_of(connection, groups)).items():
            for begin in range(0, len(ids), CHUNK_IDS):
                part = ids[begin : begin + CHUNK_IDS]
                self.run(lambda connection, hour=hour, part=part: remember(connection, hour, part))  # type: ignore[misc]
            self.run(lambda _, ids=ids: self._ids.settle(ids))  # type: ignore[misc]

    def reader(self) -> sqlite3.Connection:
        """A connection of its own, for reading beside the writer."""
        return connect(self.path, read_only=True)

    def checkpoint(self) -> None:
        """Copies what was committed from SQLite's log into its file, beside the commits."""
        connection = connect(self.path)
        try:
            checkpoint(connection)
        finally:
            connection.close()

    def check(self) -> str | None:
        """Writes, to learn whether the disk lets us: None when it does, else what is wrong."""
        # So small a write finds room where a commit does not.
        if (free := shutil.disk_usage(self.path.parent).free) < COMMIT_BYTES:
            return f"the disk has {free} bytes left, a commit may need {COMMIT_BYTES}"
        try:
            self.run(lambda connection: connection.execute("UPDATE identity SET spool_id = spool_id"))
        except (sqlite3.Error, OSError) as error:
            return str(error)
        return None

    def report_damage(self, error: sqlite3.Error) -> None:
        """Says that the file is broken, as a reader found: the writer goes on with a fresh one."""

        def fail(_: sqlite3.Connection) -> None:
            raise error

        with suppress(sqlite3.Error):
            self.run(fail)

    def forget(self, reports: int, size: int) -> None:
        """Says that so much no longer waits."""
        with self._wake:
            self.pending_reports -= reports
            self.pending_bytes -= size

    def close(self) -> None:
        """Commits what waits, saves the counts, closes. Idempotent."""
        with self._wake:
            self._stopping = True
        self._hand_over()
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._writer.join()
        self._connection.close()
        if self._inspection is not None:
            self._inspection.end()

    # -- the writer
    # ---------------------------------------------------------------------------------------------

    def _open(self) -> None:
        self._connection = open_spool_file(self.path)
        try:
            self._read_state()
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            # A large file is opened before it is looked through.
            self._connection.close()
            set_aside(self.path, str(error))
            self._connection = open_spool_file(self.path)
            self._read_state()

    def _read_state(self) -> None:
        read = self._connection.execute
        self.spool_id: str = read("SELECT spool_id FROM identity").fetchone()[0]
        waiting = read("SELECT coalesce(sum(reports), 0), coalesce(sum(bytes), 0) FROM groups")
        self.pending_reports, self.pending_bytes = waiting.fetchone()
        self._ids = BatchIds(self._connection, self.spool_id)
        self.age = Age(self._connection, self._clocks)
        self._saved_counts = read_counts(self._connection)

    def _hand_over(self) -> None:
        """Checks what arrived, and gives it to the writer as a group. For the event loop's thread."""
        with self._wake:
            entries, self._arrived = self._arrived, []
            self._handing_over = None
            self._under_commit += len(entries)
        if not entries:
            return
        try:
            group = examine(entries)
        except Exception as error:
            log.exception("examine_failed")
            self._settle(entries, [_refusal(error)] * len(entries))
            return
        if group.refused:
            self._settle([entry for entry, _ in group.refused], [refusal for _, refusal in group.refused])
        if group.entries:
            with self._wake:
                self._groups.append(group)
                self._wake.notify()

    def _write_loop(self) -> None:
        while True:
            with self._wake:
                if not (self._groups or self._chores or self._closed):
                    self._wake.wait(SAVE_COUNTS_SECONDS)
                groups = self._take_groups()
                chores, self._chores = self._chores, []
                stopping = self._closed and not (groups or chores)
            for chore in chores:
                self._do(chore)
            self._commit(groups)
            if stopping:
                return

    def _take_groups(self) -> list[Group]:
        """The oldest groups, as many as one commit is to hold."""
        size = taken = 0
        for group in self._groups:
            size += sum(len(entry.decoded.body) for entry in group.entries)
            taken += 1
            if size >= COMMIT_BYTES:
                break
        groups, self._groups = self._groups[:taken], self._groups[taken:]
        return groups

    def _do(self, chore: _Chore) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            result = chore.work(self._connection)
            self._connection.execute("COMMIT")
        except Exception as error:  # handed to the thread that asked, whatever it is
            self._roll_back(error)
            chore.done.set_exception(error)
        else:
            chore.done.set_result(result)

    def _commit(self, groups: Sequence[Group]) -> None:
        """One transaction for some groups: ids, bodies, counts."""
        counts = self.ledger.begin_save()
        if not groups and not counts and not self._damaged:
            return
        started = time.perf_counter()
        entries = [entry for group in groups for entry in group.entries]
        try:
            if self._damaged:
                self._replace_file()
            ids = [
                self._ids.name(entry.decoded.report.app, entry.decoded.report.batch_id) for entry in entries
            ]
            self._connection.execute("BEGIN IMMEDIATE")
            fresh = self._ids.tell_new(self._connection, ids)
            new = list(compress(entries, fresh))
            new_ids = list(compress(ids, fresh))
            number, size = self._insert_group(new, new_ids)
            made = outcomes(entries, fresh)
            save_counts(self._connection, counts + made)
            self._connection.execute("COMMIT")
        except Exception as error:  # every waiting request gets its answer, whatever happened
            self.ledger.end_save({}, committed=False)
            self._roll_back(error)
            self._answer(entries, [_refusal(error)] * len(entries))
            return
        self.ledger.end_save(made, committed=True)
        self._ids.wait(new_ids)
        if new and len(new) == len(entries):
            self.handover.put(number, Batch.joined([group.batch for group in groups]), size)
        with self._wake:
            self.pending_reports += len(new)
            self.pending_bytes += size
        self.last_error = None
        self.commits += 1
        self.commit_seconds += time.perf_counter() - started
        self._answer(entries, fresh)

    def _insert_group(self, entries: Sequence[Entry], ids: Sequence[bytes]) -> tuple[int, int]:
        """Stores the reports' bodies as one row; returns its number and its size in bytes."""
        if not entries:
            return 0, 0
        # Valid JSON holds no raw control character, so RFC 7464's separator cannot occur inside a body.
        records = b"".join(b"\x1e[%d,%b]" % (entry.received_at_ms, entry.decoded.body) for entry in entries)
        number = self._connection.execute(
            "INSERT INTO groups (reports, bytes, hour, ids, records) VALUES (?, ?, ?, ?, ?)",
            (len(entries), len(records), int(self.age.hours()), b"".join(ids), records),
        ).lastrowid
        return number or 0, len(records)

    def _answer(self, entries: Sequence[Entry], answers: Sequence[bool | Refused]) -> None:
        """Wakes the waiting requests, with one call into their loop for the whole group."""
        if entries:
            loop = entries[0].answer.get_loop()
            try:
                loop.call_soon_threadsafe(self._committed, entries, answers)
            except RuntimeError:  # the loop is closed: nobody waits any more
                self._settle(entries, answers, gone=True)

    def _committed(self, entries: Sequence[Entry], answers: Sequence[bool | Refused]) -> None:
        self._settle(entries, answers)
        if self._arrived:
            self._hand_over()

    def _settle(
        self, entries: Sequence[Entry], answers: Sequence[bool | Refused], *, gone: bool = False
    ) -> None:
        with self._wake:
            self._under_commit -= len(entries)
            self._entry_bytes -= sum(len(entry.decoded.body) for entry in entries)
        for entry, answer in zip(entries, answers, strict=True):
            left = gone or entry.answer.done()  # cancelled; what was committed stays committed
            if isinstance(answer, bool):
                if not left:
                    entry.answer.set_result(answer)
            elif not left:
                entry.answer.set_exception(answer)
            else:  # nobody is left to count it
                items = answer.items or {answer.reason.code: entry.decoded.items}
                self.ledger.refuse(answer.reason, items)

    def _roll_back(self, error: Exception) -> None:
        with suppress(sqlite3.Error):  # on a full disk or an I/O error SQLite has rolled back by itself
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        if str(error) != self.last_error:  # once, not once a commit for as long as the disk is full
            log.error(
                "spool_write_failed",
                error=str(error),
                path=str(self.path),
                exc_info=not isinstance(error, sqlite3.Error),
            )
        self.last_error = str(error)
        if isinstance(error, sqlite3.Error) and is_damage(error):
            self._damaged = True

    def _replace_file(self) -> None:
        """Sets the damaged file aside and goes on with a fresh one. What is counted stays counted."""
        self._connection.close()
        self.handover.clear()  # it names groups of the old file
        set_aside(self.path, self.last_error or "")
        self.ledger.save_all_again({REPORTS_SET_ASIDE: self.pending_reports})
        self._open()
        self._damaged = False


def _refusal(error: Exception) -> Refused:
    if isinstance(error, sqlite3.Error | OSError):
        return Refused(Reason.SPOOL_UNAVAILABLE, f"The spool's disk refuses writes ({error}).", retry_after=5)
    return Refused(Reason.INTERNAL)
