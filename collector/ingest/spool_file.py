"""The spool's SQLite file: its tables, how it is opened, and what happens to a damaged one."""

import sqlite3
import time
import uuid
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

SCHEMA_VERSION = 3

# groups: the reports of one commit, as a JSON text sequence (RFC 7464), and their batch ids. One row a group,
# not one a report: the drain then reads a block in a few steps, and each step hands the GIL over
# (docs/adr/0002-spool.md). batches: the ids of reports that left, for the retry horizon (batch_ids.py).
# block: the range of groups that is being inserted; at most one row. It is written before the insert begins,
# and stored is 1 from when the store has it until the last of its groups has left.
# quarantine: reports that the drain could not turn into columns, for a person to look at.
_SCHEMA = f"""
CREATE TABLE batches (id BLOB PRIMARY KEY, hour INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE groups (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  reports INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  ids BLOB NOT NULL,
  records BLOB NOT NULL
);
CREATE TABLE block (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  token TEXT NOT NULL,
  stored INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, reason TEXT NOT NULL, record BLOB NOT NULL
);
CREATE TABLE counts (
  unit TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (unit, outcome, reason)
) WITHOUT ROWID;
CREATE TABLE identity (spool_id TEXT NOT NULL);
PRAGMA user_version = {SCHEMA_VERSION};
"""


_TO_3 = "ALTER TABLE block ADD COLUMN stored INTEGER NOT NULL DEFAULT 0; PRAGMA user_version = 3"
MOST_LOG_PAGES = 8192
LARGE_BYTES = 64 << 20


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is broken, rather than the disk full or busy."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_large(path: Path) -> bool:
    """Whether looking through the whole file would hold a start up: 15 s for 1 GB from a slow disk."""
    return path.stat().st_size > LARGE_BYTES


def look_for_damage(connection: sqlite3.Connection) -> None:
    """Reads the whole file. Raises a ``sqlite3.DatabaseError`` that ``is_damage`` when it is broken."""
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        damage = sqlite3.DatabaseError(verdict)
        damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damage


def open_spool_file(path: Path) -> sqlite3.Connection:
    """Opens the file, makes it when it is not there, and sets a damaged one aside.

    The caller has a large one looked through later (``is_large``, ``look_for_damage``).

    Raises:
        sqlite3.OperationalError: the folder cannot be written, or the disk is full.
    """
    try:
        return _open(path)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        set_aside(path, str(error))
        return _open(path)


def set_aside(path: Path, why: str) -> Path:
    """Renames a damaged spool: what is readable in it can be saved by hand, and a fresh one begins."""
    suffix = f".damaged-{int(time.time())}-{uuid.uuid4().hex[:6]}"
    for part in ("", "-wal", "-shm"):
        file = path.with_name(path.name + part)
        if file.exists():
            file.rename(path.with_name(path.name + suffix + part))
    kept = path.with_name(path.name + suffix)
    log.error(
        "spool_damaged",
        why=why,
        kept_as=str(kept),
        advice="see docs/operations.md, 'A damaged spool'; a fresh spool began",
    )
    return kept


def _open(path: Path) -> sqlite3.Connection:
    new = not path.exists()
    connection = connect(path)
    try:
        if new:
            path.chmod(0o600)
            # Before the first table. A larger page holds a group in fewer overflow pages, a smaller one makes
            # an id, which dirties a page of its own when there are millions, cheaper.
            connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}")
            connection.execute("INSERT INTO identity VALUES (?)", (uuid.uuid4().hex,))
            connection.execute("COMMIT")
        elif version == 2:  # its blocks left at once
            connection.executescript(f"BEGIN IMMEDIATE; {_TO_3}; COMMIT")
        elif version != SCHEMA_VERSION:
            raise sqlite3.OperationalError(  # noqa: TRY301
                f"{path} was written by another version of inferfleet (spool version {version}, this one "
                f"reads {SCHEMA_VERSION}): start that version, wait until inferfleet_spool_pending_reports "
                "is 0, stop it, and move the file away (docs/operations.md, 'Upgrade')"
            )
        if not is_large(path):
            look_for_damage(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection whose commits survive power loss; transactions are begun by hand."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=300)
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -16384")
    # The drain copies the log into the file beside the commits (``checkpoint``). This is for when it is
    # stuck.
    connection.execute(f"PRAGMA wal_autocheckpoint = {MOST_LOG_PAGES}")
    if read_only:
        connection.execute("PRAGMA query_only = 1")
    return connection


def checkpoint(connection: sqlite3.Connection) -> None:
    """Copies what was committed from the log into the file, without making a commit wait."""
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
