"""Takes data away for good: all that an app's pages reported, or what one session did.

By mutations, which rewrite the parts that hold such rows, and not by lightweight deletes, which hide rows
for as long as no merge comes by. Who asked is written first: a deletion that is cut off is known, and run
again it goes on.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from collector.store import SCHEMAS, Store, StoreError
from collector.store.columns import millisecond
from collector.store.retention import EVENT_TABLES

DERIVED_TABLES = ("decisions", "findings")
"""What jobs made of an app's events. They hold no session."""


class DeletionSummary(BaseModel):
    """Rows that were taken away, by table; ``quarantined`` are reports in the spool."""

    model_config = ConfigDict(frozen=True)

    app: str
    session: str | None
    rows: dict[str, int]
    quarantined: int


def delete(
    store: Store, app: str, session: str | None, *, author: str, note: str, now: datetime
) -> dict[str, int]:
    """Deletes the rows of an app, or of one of its sessions, and waits until they are gone. Idempotent.

    Versions of the app, its configs and its keys stay: they are the audit trail and hold no telemetry.

    Raises:
        StoreUnavailable: some may be deleted; run it again.
        StoreError: rows came meanwhile, from a collector that does not know of the deletion: run it again.
    """
    tables = (*EVENT_TABLES, *DERIVED_TABLES) if session is None else EVENT_TABLES
    where = "app = {app:String}" + ("" if session is None else " AND session = {session:String}")
    bound = {"app": app} | ({} if session is None else {"session": session})
    rows = _count(store, tables, where, bound)
    _note(store, app, session, rows, author=author, note=note, now=now)
    for table, n in rows.items():
        if n:
            target = store.shards_of(table)
            store.execute(f"ALTER TABLE {target} DELETE WHERE {where} SETTINGS mutations_sync = 2", bound)
    if left := {table: n for table, n in _count(store, tables, where, bound).items() if n}:
        raise StoreError(f"rows of {app} came while it was deleted ({left}): run the same command again")
    return rows


def hash_session(session: str) -> str:
    """How the audit trail names a session: it can be asked for again, and not be read."""
    return hashlib.sha256(session.encode()).hexdigest()


def _count(store: Store, tables: Sequence[str], where: str, bound: dict[str, str]) -> dict[str, int]:
    return {
        table: int(store.query_sql(f"SELECT count() AS n FROM {table} WHERE {where}", bound)[0]["n"])
        for table in tables
    }


def _note(
    store: Store,
    app: str,
    session: str | None,
    rows: dict[str, int],
    *,
    author: str,
    note: str,
    now: datetime,
) -> None:
    row = {
        "app": app,
        "asked_at": millisecond(now),
        "session_hash": "" if session is None else hash_session(session),
        "author": author,
        "note": note,
        "rows": json.dumps(rows),
    }
    store.insert("deletions", pa.Table.from_pylist([row], schema=SCHEMAS["deletions"]))
