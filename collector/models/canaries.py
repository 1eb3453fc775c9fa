"""Versions of a model's recorded canary: rows that are only ever added, each the whole state."""

import json
from datetime import datetime
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from collector.contract.canary import RecordedCanary
from collector.models.versions import VariantConflict
from collector.store import SCHEMAS, Store

_JSON = ("canary", "contents", "evidence")


class CanaryVersion(BaseModel):
    """What the canary of a model is from ``created_at`` on, until a higher version."""

    model_config = ConfigDict(frozen=True)

    app: str
    model: str
    version: int
    created_at: datetime
    author: str
    action: str
    note: str
    removed: bool
    canary_id: str
    canary: RecordedCanary
    contents: dict[str, str]
    evidence: dict[str, Any]


def read_canaries(store: Store, app: str, model: str = "") -> dict[str, CanaryVersion]:
    """The newest version of each model's canary, or of one model's, removed ones included.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    rows = store.query("canaries_newest", app=app, model=model)
    return {row["model"]: _from_row(row) for row in rows}


def read_canary_history(store: Store, app: str, model: str, *, limit: int) -> list[CanaryVersion]:
    """The newest versions of a model's canary, newest first."""
    rows = store.query("canaries_versions", app=app, model=model, version=0, limit=limit)
    return [_from_row(row) for row in rows]


def append_canary(store: Store, version: CanaryVersion) -> CanaryVersion:
    """Stores a new version and makes it the one that holds; see ``versions.append``.

    Raises:
        VariantConflict: another writer was first.
        StoreUnavailable: it is not known whether it was stored.
    """
    row = version.model_dump() | {name: _dump(getattr(version, name)) for name in _JSON}
    table = pa.Table.from_pylist([row], schema=SCHEMAS["canary_versions"])
    store.insert("canary_versions", table, token=f"{version.app}/{version.model}/{version.version}")
    name = {"app": version.app, "model": version.model, "version": version.version}
    stored = _from_row(store.query("canaries_versions", **name, limit=1)[0])
    if stored != version:
        raise VariantConflict(
            f"the canary of {version.model} was just changed by {stored.author!r} ({stored.action}): look at "
            f"it with `inferfleet canary show --app {version.app} --model {version.model}`, then try again"
        )
    return stored


def _from_row(row: dict[str, Any]) -> CanaryVersion:
    return CanaryVersion.model_validate(row | {name: json.loads(row[name]) for name in _JSON})


def _dump(value: Any) -> str:
    """The same bytes for the same value, so that a repetition can be told."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
