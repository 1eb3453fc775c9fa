"""Backs an embedded store up and restores it, with ClickHouse's own BACKUP and RESTORE.

They copy parts as they are, but RESTORE takes a damaged file without a word, and neither can tell a backup
that was cut off from a whole one. So a backup has a manifest, written last, with the size and hash of each
file and the rows of each table; it grows under another name. What is restored grows beside the engine's
folder and becomes it by one rename.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from collector import __version__
from collector.store import ownership
from collector.store.columns import COLUMNS
from collector.store.dsn import Dsn
from collector.store.errors import BackupRefused, StoreError
from collector.store.manifest import FORMAT, Manifest, check_files, read_manifest, sum_files, write_manifest
from collector.store.metadata import NEWEST_WINS
from collector.store.migrate import upgrade
from collector.store.revisions import head, scripts
from collector.store.store import Store, open_store

ENGINE = "engine"
UNFINISHED = ".unfinished"
"""Suffix of the folder that a backup grows in. The next backup removes one that was cut off."""


def back_up(store: Store, folder: Path, *, beside: Callable[[Path], None]) -> Manifest:
    """Writes a backup into a new folder. Reading goes on; writing waits, so that the tables fit together.

    Args:
        store: an embedded one.
        folder: does not exist yet; its parent does.
        beside: puts more files into the backup, the spool for example, while nothing is written to the store.

    Raises:
        BackupRefused: not embedded, the folder exists or cannot be written, or the disk is full. Nothing is
            left but a folder whose name ends with ``.unfinished``.
    """
    if not store.dsn.embedded:
        raise BackupRefused(
            f"{store.dsn} is a server: back it up with its own BACKUP statement or a snapshot "
            "(docs/storage.md)"
        )
    if folder.exists():
        raise BackupRefused(f"{folder} exists: name a new folder, a backup never replaces another")
    draft = folder.with_name(folder.name + UNFINISHED)
    try:
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        with store.standing_still(), _merges_stopped(store):
            rows = count_rows(store)
            store.query_sql(f"BACKUP DATABASE {store.dsn.database} TO File({_quoted(draft / ENGINE)})")
            beside(draft)
        manifest = Manifest(
            format=FORMAT,
            made_at=datetime.now(UTC),
            inferfleet=__version__,
            engine=str(store.query_sql("SELECT version() AS version")[0]["version"]),
            database=store.dsn.database,
            schema_revision=store.schema_revision() or "",
            rows=rows,
            files=sum_files(draft),
        )
        write_manifest(draft, manifest)
        draft.rename(folder)
        _sync_folder(folder.parent)
    except OSError as error:
        raise BackupRefused(f"cannot write the backup {folder}: {error.strerror or error}") from error
    return manifest


def restore(dsn: Dsn, folder: Path, *, beside: Callable[[Path], None]) -> Manifest:
    """Makes the store that a backup is of. No process can open it until it is whole and its rows are counted.

    Args:
        dsn: an embedded store whose folder is empty or not there.
        folder: the backup.
        beside: puts the other files where they belong; called before the store can be opened.

    Raises:
        StoreInUse: another process owns the folder.
        StoreError: not embedded, not empty, the backup is damaged or of a newer schema, or the disk is full.
    """
    if dsn.path is None:
        raise StoreError(
            f"{dsn} is a server: restore it with its own RESTORE statement; a backup of an embedded store "
            "goes into a chdb:// store"
        )
    manifest = read_manifest(folder)
    _require_known(manifest, folder)
    check_files(folder, manifest)
    ownership.acquire(dsn.path, restoring=True)
    try:
        _require_empty(dsn.path)
        draft = ownership.restoring_path(dsn.path)
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        made = Dsn(scheme="chdb", database=dsn.database, path=draft)
        _load(made, folder, manifest)
        beside(folder)
        dsn.path.rmdir()
        draft.rename(dsn.path)
        _sync_folder(dsn.path.parent)
    except OSError as error:
        raise StoreError(f"cannot restore into {dsn.path}: {error.strerror or error}") from error
    finally:
        ownership.release(dsn.path)
    return manifest


def count_rows(store: Store) -> dict[str, int]:
    """Rows of every table there is; where the newest of a key wins, keys: merges take the others away."""
    there = {row["name"] for row in store.query_sql("SHOW TABLES")}
    return {table: _count(store, table) for table in sorted(there & COLUMNS.keys())}


def _count(store: Store, table: str) -> int:
    final = " FINAL" if table in NEWEST_WINS else ""
    return int(store.query_sql(f"SELECT count() AS n FROM {table}{final}")[0]["n"])


def _load(made: Dsn, folder: Path, manifest: Manifest) -> None:
    """Restores the tables, brings them to this version, and counts what is in them."""
    source = f"RESTORE DATABASE {manifest.database} AS {made.database} FROM File({_quoted(folder / ENGINE)})"
    with open_store(made, check_schema=False) as store:
        store.execute(f"DROP DATABASE {made.database} SYNC")  # opening an empty folder has made it
        # Merges would take rows away that expired since the backup, before they are counted.
        store.query_sql(f"{source} SETTINGS structure_only = true")
        with _merges_stopped(store):
            store.query_sql(source)
            found = count_rows(store)
    if found != manifest.rows:
        wrong = next(table for table in manifest.rows if found.get(table) != manifest.rows[table])
        raise StoreError(
            f"the table {wrong} came back with {found.get(wrong)} rows in place of {manifest.rows[wrong]}: "
            "nothing was restored; use another backup"
        )
    upgrade(made)
    ownership.lock_path(made.path or folder).unlink(missing_ok=True)


@contextmanager
def _merges_stopped(store: Store) -> Iterator[None]:
    """No merge takes rows away that expired, or that a newer one of their key replaced."""
    tables = [
        f"{store.dsn.database}.{row['name']}"
        for row in store.query_sql(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
        )
    ]
    for table in tables:  # not by ``execute``, which would wait for the end of ``standing_still``
        store.query_sql(f"SYSTEM STOP MERGES {table}")
    try:
        yield
    finally:
        for table in tables:
            store.query_sql(f"SYSTEM START MERGES {table}")


def _require_known(manifest: Manifest, folder: Path) -> None:
    if manifest.schema_revision not in {script.revision for script in scripts().walk_revisions()}:
        raise StoreError(
            f"{folder} was made by inferfleet {manifest.inferfleet} at schema {manifest.schema_revision}, "
            f"newer than the {head()} of this version: upgrade inferfleet, then restore"
        )


def _require_empty(engine: Path) -> None:
    if any(engine.iterdir()):
        raise StoreError(
            f"the store {engine} is not empty: restore into a fresh folder (INFERFLEET_DATA_DIR), or move "
            "this one away first"
        )


def _quoted(path: Path) -> str:
    text = str(path.resolve()).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
