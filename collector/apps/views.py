"""What operators are shown of apps and keys: never a key, but for the moment it is made."""

from collections.abc import Mapping
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from collector.apps.keys import WriteKey
from collector.apps.policy import declared_fields, know
from collector.apps.settings import AppSettings
from collector.apps.versions import AppVersion
from collector.contract.objective import short


class KeyView(BaseModel):
    """A write key. ``hint``: its last characters, to find the one that a page carries."""

    model_config = ConfigDict(frozen=True)

    key_id: str
    label: str
    hint: str
    created_at: datetime
    revoked_at: datetime | None
    last_used: date | None


class AppView(BaseModel):
    """An app with what holds for it now. ``version`` is 0 when only the settings have it."""

    model_config = ConfigDict(frozen=True)

    app: str
    version: int
    origins: list[str]
    sample_rate: float | None
    retention_days: int | None
    objective: str | None = None
    """A preset's name, or terms with their weights."""
    owner: str | None = None
    keys: list[KeyView]
    declared_keys: int
    settings_decide: list[str]


class AppList(BaseModel):
    """Apps by name."""

    model_config = ConfigDict(frozen=True)

    apps: list[AppView]


class NewKey(BaseModel):
    """A key that was just made: the only time it is shown. Other collectors take it after some seconds."""

    model_config = ConfigDict(frozen=True)

    app: str
    key_id: str
    label: str
    key: str


class NewApp(BaseModel):
    """An app that was just added, with its first key."""

    model_config = ConfigDict(frozen=True)

    app: AppView
    key: NewKey | None


class RemovedApp(BaseModel):
    """An app that is gone, and the keys that went with it. What it reported stays."""

    model_config = ConfigDict(frozen=True)

    app: str
    version: int
    revoked_keys: list[str]


LastUsed = Mapping[tuple[str, str], date]


def view(name: str, declared: AppSettings | None, stored: AppVersion | None, last_used: LastUsed) -> AppView:
    """What is shown of an app that is declared, stored or both."""
    kept = [stored] if stored is not None and not stored.removed else []
    known = know({name: declared} if declared else {}, kept)[name]
    keys = kept[0].keys if kept else []
    return AppView(
        app=name,
        version=kept[0].version if kept else 0,
        origins=sorted(known.origins),
        sample_rate=known.sample_rate,
        retention_days=known.retention_days,
        objective=None if known.objective is None else short(known.objective),
        owner=known.owner,
        keys=[_key_view(key, last_used.get((name, key.key_id))) for key in keys],
        declared_keys=len(declared.keys) if declared else 0,
        settings_decide=declared_fields(declared),
    )


def _key_view(key: WriteKey, last_used: date | None) -> KeyView:
    return KeyView(**key.model_dump(exclude={"hash"}), last_used=last_used)
