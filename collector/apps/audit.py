"""Who changed what, when and why: apps, keys, configs, variants, budgets and canaries in one trail."""

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from collector.apps.versions import AppVersion, from_row
from collector.store import Store

MOST_ENTRIES = 1000


class Change(BaseModel):
    """A field before and after."""

    model_config = ConfigDict(frozen=True)

    before: Any
    after: Any


class AuditEntry(BaseModel):
    """One change. ``version`` is that of what ``subject`` says; 0 for data. No secret is in it.

    ``about`` names the model (``model``, ``canary``) or the model and its variant (``model/variant``).
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    app: str
    subject: Literal["app", "config", "data", "variant", "model", "canary"]
    about: str = ""
    version: int
    author: str
    action: str
    note: str
    changes: dict[str, Change]


class AuditTrail(BaseModel):
    """Changes, newest first."""

    model_config = ConfigDict(frozen=True)

    entries: list[AuditEntry]


def read_audit(store: Store, *, app: str | None, limit: int) -> AuditTrail:
    """The newest changes of an app, or of all.

    Raises:
        ValueError: ``limit`` is not from 1 to 1,000.
        StoreUnavailable: the store does not answer.
    """
    if not 1 <= limit <= MOST_ENTRIES:
        raise ValueError(f"limit is from 1 to {MOST_ENTRIES}")
    apps = store.query("audit_apps", app=app or "", limit=limit)
    configs = store.query("audit_configs", app=app or "", limit=limit)
    deletions = store.query("audit_deletions", app=app or "", limit=limit)
    variants = store.query("audit_variants", app=app or "", limit=limit)
    models = store.query("audit_models", app=app or "", limit=limit)
    canaries = store.query("audit_canaries", app=app or "", limit=limit)
    entries = [
        *_app_entries(apps),
        *_registration_entries(variants, "variant"),
        *_registration_entries(models, "model"),
        *_registration_entries(canaries, "canary"),
        *[_config_entry(row) for row in configs],
        *[_deletion_entry(row) for row in deletions],
    ]
    entries.sort(key=lambda entry: (entry.at, entry.subject, entry.about, entry.version), reverse=True)
    return AuditTrail(entries=entries[:limit])


def _app_entries(rows: list[dict[str, Any]]) -> list[AuditEntry]:
    """Entries of the rows that were asked for; the others are what they are compared with."""
    versions = {(row["app"], row["version"]): from_row(row) for row in rows}
    return [
        AuditEntry(
            at=version.created_at,
            app=version.app,
            subject="app",
            version=version.version,
            author=version.author,
            action=version.action,
            note=version.note,
            changes=_compare(versions.get((version.app, version.version - 1)), version),
        )
        for version in (versions[row["app"], row["version"]] for row in rows if row["asked"])
    ]


def _compare(before: AppVersion | None, after: AppVersion) -> dict[str, Change]:
    old = _told(before) if before is not None and not before.removed else {}
    return _compare_fields(old, _told(after) if not after.removed else {})


def _compare_fields(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Change]:
    return {
        name: Change(before=old.get(name), after=new.get(name))
        for name in dict.fromkeys([*new, *old])
        if old.get(name) != new.get(name)
    }


def _told(version: AppVersion) -> dict[str, Any]:
    return {
        "origins": version.origins,
        "sample_rate": version.sample_rate,
        "retention_days": version.retention_days,
        "objective": version.objective,
        "owner": version.owner,
        "keys": [key.key_id for key in version.keys if key.valid],
    }


_SIGNED = frozenset({"app", "model", "variant", "version", "created_at", "author", "action", "note"})
"""Columns that say which version a row is and who made it; the others are what can change."""


def _registration_entries(
    rows: list[dict[str, Any]], subject: Literal["variant", "model", "canary"]
) -> list[AuditEntry]:
    """Entries of the rows of ``audit_variants``, ``audit_models`` or ``audit_canaries`` that were asked for.

    As with configs, their rows are read as they are: what they mean is other packages' business.
    """

    def about(row: dict[str, Any]) -> str:
        return "/".join(row[name] for name in ("model", "variant") if name in row)

    known = {(row["app"], about(row), row["version"]): row for row in rows}
    return [
        AuditEntry(
            at=row["created_at"],
            app=row["app"],
            subject=subject,
            about=about(row),
            version=row["version"],
            author=row["author"],
            action=row["action"],
            note=row["note"],
            changes=_compare_fields(
                _told_registration(known.get((row["app"], about(row), row["version"] - 1))),
                _told_registration(row),
            ),
        )
        for row in rows
        if row["asked"]
    ]


def _told_registration(row: dict[str, Any] | None) -> dict[str, Any]:
    """What a version says, without what nobody told; nothing of one that is removed."""
    if row is None or row.get("removed"):
        return {}
    told = {name: value for name, value in row.items() if name not in _SIGNED | {"removed", "asked"}}
    told |= {"backends": json.loads(told["backends"])} if told.get("backends") else {}
    return {name: value for name, value in told.items() if value not in (None, "", [], {})}


def _config_entry(row: dict[str, Any]) -> AuditEntry:
    first = row["version"] == 1
    changes = {}
    if first or row["enabled"] != row["enabled_before"]:
        changes["enabled"] = Change(before=None if first else row["enabled_before"], after=row["enabled"])
    if first or row["plans_hash"] != row["plans_hash_before"]:
        changes["plans"] = Change(before=None if first else row["plans_hash_before"], after=row["plans_hash"])
    return AuditEntry(
        at=row["created_at"],
        app=row["app"],
        subject="config",
        version=row["version"],
        author=row["author"],
        action=row["action"],
        note=row["note"],
        changes=changes,
    )


def _deletion_entry(row: dict[str, Any]) -> AuditEntry:
    """What was deleted, by table; the session by its hash."""
    rows: dict[str, int] = json.loads(row["rows"])
    changes = {table: Change(before=n, after=0) for table, n in rows.items() if n}
    return AuditEntry(
        at=row["asked_at"],
        app=row["app"],
        subject="data",
        version=0,
        author=row["author"],
        action=f"delete_session {row['session_hash'][:16]}" if row["session_hash"] else "delete_app",
        note=row["note"],
        changes=changes,
    )
