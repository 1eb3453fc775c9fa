"""Versions of an app: rows that are only ever added, each the whole state, with who made it and why.

One row is one atomic change and its own audit record: there is no moment at which one is stored without the
other, on an engine without transactions too.
"""

from datetime import datetime
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, TypeAdapter

from collector.apps.keys import WriteKey
from collector.store import SCHEMAS, Store

_KEYS: TypeAdapter[list[WriteKey]] = TypeAdapter(list[WriteKey])


class AppVersion(BaseModel):
    """What an app is from ``created_at`` on, until a higher version. None: the default holds."""

    model_config = ConfigDict(frozen=True)

    app: str
    version: int
    created_at: datetime
    author: str
    action: str  # not an enum: a row may come from a newer version of ours
    note: str
    removed: bool
    origins: list[str]
    sample_rate: float | None
    retention_days: int | None
    objective: str | None = None  # in its text form, which may be one of a newer version of ours
    owner: str | None = None
    keys: list[WriteKey]


class AppConflict(RuntimeError):
    """Somebody else changed the app first. Nothing was changed; look at it and try again."""


class UnknownApp(LookupError):
    """There is no such app."""


class UnknownWriteKey(LookupError):
    """The app has no such key."""


class AppExists(ValueError):
    """There is such an app already."""


def read_all(store: Store) -> list[AppVersion]:
    """The newest version of every app, removed ones included, by name.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    return [from_row(row) for row in store.query("apps_newest", app="")]


def read_newest(store: Store, app: str) -> AppVersion | None:
    """The newest version of an app; None when there never was one."""
    rows = store.query("apps_newest", app=app)
    return from_row(rows[0]) if rows else None


def append(store: Store, version: AppVersion) -> AppVersion:
    """Stores a new version and makes it the one that holds.

    The number serves as deduplication token: of two writers that chose the same number one row is stored, and
    the other writer is told.

    Raises:
        AppConflict: another writer was first.
        StoreUnavailable: it is not known whether it was stored.
    """
    row = version.model_dump(exclude={"keys"}) | {
        "objective": version.objective or "",
        "owner": version.owner or "",
        "keys": _KEYS.dump_json(version.keys).decode(),
    }
    table = pa.Table.from_pylist([row], schema=SCHEMAS["app_versions"])
    store.insert("app_versions", table, token=f"app-{version.app}-{version.version}")
    stored = from_row(store.query("apps_version", app=version.app, version=version.version)[0])
    if stored != version:
        raise AppConflict(
            f"app {version.app!r} was just changed by {stored.author!r} ({stored.action}): look at it with "
            f"`inferfleet apps show --app {version.app}`, then try again"
        )
    return stored


def from_row(row: dict[str, Any]) -> AppVersion:
    """A row of ``app_versions``."""
    return AppVersion.model_validate(
        {
            **row,
            "objective": row["objective"] or None,
            "owner": row["owner"] or None,
            "keys": _KEYS.validate_json(row["keys"]),
        }
    )
