"""What holds for an app: what the settings declare and what the store keeps, put together."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from collector.apps.keys import digest
from collector.apps.settings import AppSettings
from collector.apps.versions import AppVersion

FIELDS = ("origins", "sample_rate", "retention_days", "objective", "owner")


class KnownApp(NamedTuple):
    """An app that may report. ``keys``: SHA-256 of a key -> its id, None for one of the settings."""

    origins: frozenset[str]
    keys: Mapping[bytes, str | None]
    sample_rate: float | None
    retention_days: int | None
    objective: str | None = None
    owner: str | None = None


def know(declared: Mapping[str, AppSettings], stored: Iterable[AppVersion]) -> dict[str, KnownApp]:
    """Every app that may report, by name.

    An app may be both declared and stored, as it is while it moves from one to the other. What the settings
    say wins, field by field; keys of both are good.
    """
    kept = {version.app: version for version in stored if not version.removed}
    return {name: _merge(declared.get(name), kept.get(name)) for name in sorted({*declared, *kept})}


def declared_fields(app: AppSettings | None) -> list[str]:
    """Which fields of an app its settings decide."""
    if app is None:
        return []
    return [name for name in FIELDS if name in app.model_fields_set and getattr(app, name) is not None]


def retention_by_app(apps: Mapping[str, KnownApp], *, default_days: int) -> dict[str, int]:
    """Days that an app's events are kept, of the apps that keep them for less than all others do."""
    return {
        name: app.retention_days
        for name, app in apps.items()
        if app.retention_days is not None and app.retention_days < default_days
    }


def objective_by_app(apps: Mapping[str, KnownApp]) -> dict[str, str]:
    """What arms are chosen by, of the apps that say it."""
    return {name: app.objective for name, app in apps.items() if app.objective is not None}


def owner_by_app(apps: Mapping[str, KnownApp]) -> dict[str, str]:
    """Who looks after an app, of the apps that say it."""
    return {name: app.owner for name, app in apps.items() if app.owner is not None}


def _merge(declared: AppSettings | None, kept: AppVersion | None) -> KnownApp:
    keys: dict[bytes, str | None] = {}
    if kept is not None:
        keys = {bytes.fromhex(key.hash): key.key_id for key in kept.keys if key.valid}
    origins = kept.origins if kept is not None else ["*"]
    sample_rate = kept.sample_rate if kept is not None else None
    retention_days = kept.retention_days if kept is not None else None
    objective = kept.objective if kept is not None else None
    owner = kept.owner if kept is not None else None
    if declared is not None:
        keys |= {digest(key.get_secret_value().encode()): None for key in declared.keys}
        decided = declared_fields(declared)
        origins = declared.origins if "origins" in decided else origins
        sample_rate = declared.sample_rate if "sample_rate" in decided else sample_rate
        retention_days = declared.retention_days if "retention_days" in decided else retention_days
        objective = declared.objective if "objective" in decided else objective
        owner = declared.owner if "owner" in decided else owner
    return KnownApp(frozenset(origins), keys, sample_rate, retention_days, objective, owner)
