"""Backups of what one collector keeps: the embedded store, and the spool beside it, of one moment."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from collector.ingest.drain import Drain
from collector.ingest.spool import Spool
from collector.ingest.spool_file import connect
from collector.operations.owner import DataDir, DataDirInUse, DataDirUnusable
from collector.settings import Settings
from collector.store import Store, StoreError, StoreUnavailable, backup
from collector.store.manifest import Manifest
from collector.store.ownership import restoring_path

SPOOL_FILE = "spool.sqlite"


class BackupSummary(BaseModel):
    """A backup that is whole, or that was restored."""

    model_config = ConfigDict(frozen=True)

    folder: str
    schema_revision: str
    files: int
    bytes: int
    rows: dict[str, int]


CATCH_UP_SECONDS = 60.0


class SettledSpool(Protocol):
    """Gives the spool's file, None when there is none, while it holds just what the store lacks."""

    def __call__(self, *, drained: bool) -> AbstractContextManager[Path | None]:
        """``drained``: all that was acknowledged before is in the store."""


@contextmanager
def settled_spool(drain: Drain, spool: Spool, *, drained: bool) -> Iterator[Path | None]:
    """The spool's file while it holds just what the store lacks. Reports go on being acknowledged.

    Raises:
        StoreUnavailable: the store took only a part of a block so far; or, ``drained``, not all in a minute.
    """
    if drained and not drain.catch_up(CATCH_UP_SECONDS):
        raise StoreUnavailable(
            f"the spool still holds reports of before after {CATCH_UP_SECONDS:g} s: run it again when "
            "inferfleet_spool_pending_reports is small"
        )
    with drain.paused() as whole:
        if not whole:
            raise StoreUnavailable(
                "a block of reports is stored in part, as the store does not take inserts: mend that, wait "
                "until inferfleet_drain_working is 1, and back up again"
            )
        yield spool.path


@contextmanager
def idle_spool(settings: Settings, store: Store, *, drained: bool) -> Iterator[Path | None]:
    """The same where no collector runs: what waits is drained first. None when there is no spool.

    Raises:
        StoreError: a collector with another store owns the data folder, or the spool cannot be opened.
    """
    if not (settings.data_dir / SPOOL_FILE).exists():
        yield None
        return
    try:
        data_dir = DataDir.own(settings.data_dir)
        spool = Spool(data_dir.path / SPOOL_FILE, settings.spool)
    except (DataDirInUse, DataDirUnusable, sqlite3.Error) as error:
        raise StoreError(str(error)) from error
    try:
        drain = Drain(spool, store, settings.spool)
        drain.start()
        drain.stop()
        if drained and spool.pending_reports:
            raise StoreUnavailable(
                "the spool holds reports that the store does not take now: try again later"
            )
        with settled_spool(drain, spool, drained=False) as path:
            yield path
    finally:
        spool.close()
        data_dir.release()


def back_up(store: Store, spool: Path | None, folder: Path) -> BackupSummary:
    """Writes store and spool into a new folder.

    Raises:
        StoreError: see ``store.backup.back_up``.
    """

    def copy(draft: Path) -> None:
        if spool is not None:
            _copy_spool(spool, draft / SPOOL_FILE)

    return _summary(folder, backup.back_up(store, folder, beside=copy))


def forget_quarantined(spool: Path, app: str, session: str | None) -> int:
    """Deletes what the spool keeps for a person to look at, where it is of this app or session. How many."""
    with closing(connect(spool)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        return connection.execute(
            "DELETE FROM quarantine WHERE CASE WHEN json_valid(CAST(record AS TEXT)) THEN "
            "CAST(record AS TEXT) ->> '$.app' = :app AND (:session IS NULL OR "
            "CAST(record AS TEXT) ->> '$.session' = :session) ELSE false END",
            {"app": app, "session": session},
        ).rowcount


def restore(settings: Settings, folder: Path) -> BackupSummary:
    """Makes the data folder that a backup is of: the store and the spool.

    Raises:
        StoreError: see ``store.backup.restore``; or there is a spool already, or a collector owns the data
        folder.
    """
    try:
        data_dir = DataDir.own(settings.data_dir)
    except (DataDirInUse, DataDirUnusable) as error:
        raise StoreError(str(error)) from error
    try:
        target = data_dir.path / SPOOL_FILE
        engine = settings.dsn.path
        cut_off = engine is not None and restoring_path(engine).exists()
        if target.exists() and not cut_off:
            raise StoreError(
                f"{data_dir.path} holds a spool: restore into a fresh folder (INFERFLEET_DATA_DIR), or move "
                "this one away first"
            )
        return _summary(
            folder,
            backup.restore(settings.dsn, folder, beside=lambda source: _place(source / SPOOL_FILE, target)),
        )
    finally:
        data_dir.release()


def _copy_spool(path: Path, to: Path) -> None:
    try:
        with closing(connect(path, read_only=True)) as source, closing(sqlite3.connect(to)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, which the manifest can name
    except sqlite3.Error as error:
        raise StoreError(f"cannot copy the spool {path} into the backup: {error}") from error
    to.chmod(0o600)


def _place(source: Path, target: Path) -> None:
    for suffix in ("", "-wal", "-shm"):  # of a restore that was cut off
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    if source.exists():
        shutil.copyfile(source, target)
        target.chmod(0o600)
        with target.open("rb") as file:
            os.fsync(file.fileno())


def _summary(folder: Path, manifest: Manifest) -> BackupSummary:
    return BackupSummary(
        folder=str(folder),
        schema_revision=manifest.schema_revision,
        files=len(manifest.files),
        bytes=sum(file.bytes for file in manifest.files.values()),
        rows=manifest.rows,
    )
