"""Config versions: rows that are only ever added. The active one is the highest."""

from datetime import datetime
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from collector.contract.canary import CANARIES, Canaries
from collector.contract.class_plan import PLANS, Plans
from collector.store.columns import SCHEMAS
from collector.store.lending import Tables

Action = Literal["publish", "rollback", "kill", "enable"]


class ConfigVersion(BaseModel):
    """One version of an app's config, with who made it and why."""

    model_config = ConfigDict(frozen=True)

    app: str
    version: int
    created_at: datetime
    author: str
    action: Action
    note: str
    enabled: bool
    sample_rate: float
    plans: Plans
    canaries: Canaries = {}


class VersionConflict(RuntimeError):
    """Somebody else made the same version first. Nothing was changed; look at it and try again."""


class UnknownVersion(ValueError):
    """The app has no such version."""


def read_active(store: Tables, app: str) -> ConfigVersion | None:
    """The active version, None before the first publication."""
    rows = store.query("config_active", app=app)
    return _from_row(rows[0]) if rows else None


def read_version(store: Tables, app: str, version: int) -> ConfigVersion:
    """One version.

    Raises:
        UnknownVersion: there is none with this number; the message says which there are.
    """
    rows = store.query("config_version", app=app, version=version)
    if not rows:
        known = [str(row["version"]) for row in store.query("config_history", app=app, limit=20)]
        raise UnknownVersion(
            f"app {app!r} has no config version {version}; the newest are: {', '.join(known) or 'none'}"
        )
    return _from_row(rows[0])


def append(store: Tables, version: ConfigVersion) -> ConfigVersion:
    """Stores a new version and makes it the active one.

    The number serves as deduplication token: of two writers that chose the same number one row is stored, and
    the other writer is told.

    Raises:
        VersionConflict: another writer was first.
        StoreUnavailable: nothing was stored.
    """
    row = version.model_dump(exclude={"plans", "canaries"}) | {
        "plans": encode_plans(version.plans),
        "canaries": encode_canaries(version.canaries),
    }
    table = pa.Table.from_pylist([row], schema=SCHEMAS["config_versions"])
    store.insert("config_versions", table, token=f"config-{version.app}-{version.version}")
    stored = read_version(store, version.app, version.version)
    if stored != version:
        raise VersionConflict(
            f"config version {version.version} of app {version.app!r} was just made by {stored.author!r} "
            f"({stored.action}): look at it, then try again"
        )
    return stored


def encode_plans(plans: Plans) -> str:
    """The stored form: the same plans give the same bytes."""
    ordered = {key: dict(sorted(plans[key].items())) for key in sorted(plans)}
    return PLANS.dump_json(ordered, exclude_none=True).decode()


def encode_canaries(canaries: Canaries) -> str:
    """The stored form: the same canaries give the same bytes; nothing for none."""
    return CANARIES.dump_json(dict(sorted(canaries.items()))).decode() if canaries else ""


def _from_row(row: dict[str, object]) -> ConfigVersion:
    plans = PLANS.validate_json(str(row["plans"]))
    canaries = CANARIES.validate_json(str(row["canaries"] or "{}"))
    return ConfigVersion.model_validate({**row, "plans": plans, "canaries": canaries})
