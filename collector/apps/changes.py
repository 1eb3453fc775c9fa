"""What can be done to an app: pure functions from one version to the next."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from collector.apps.keys import WriteKey
from collector.apps.settings import MOST_DAYS, MOST_ORIGINS, Origin
from collector.apps.versions import AppExists, AppVersion, UnknownApp, UnknownWriteKey
from collector.contract.authorship import Act
from collector.contract.objective import ObjectiveText
from collector.contract.owner import Owner
from collector.store.columns import millisecond

MOST_KEYS = 32
"""Keys of one app that are valid at one time; of revoked ones as many are remembered."""


class Wanted(BaseModel):
    """What an app shall be. A field that was not given stays as it is; None is back to the default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origins: list[Origin] | None = Field(default=None, min_length=1, max_length=MOST_ORIGINS)
    sample_rate: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    retention_days: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    objective: ObjectiveText | None = None
    owner: Owner | None = None

    def given(self) -> dict[str, Any]:
        """The fields that were given, as a version has them."""
        fields = self.model_dump(include=self.model_fields_set)
        if "origins" in fields:
            fields["origins"] = fields["origins"] or ["*"]
        return fields


def add(newest: AppVersion | None, app: str, wanted: Wanted, key: WriteKey | None, act: Act) -> AppVersion:
    """A new app, or one that was removed, with nothing of what it had before.

    Raises:
        AppExists: there is such an app.
    """
    if newest is not None and not newest.removed:
        raise AppExists(f"there is an app {app!r}: change it with `inferfleet apps set --app {app}`")
    fresh = AppVersion(
        app=app,
        version=newest.version if newest else 0,
        created_at=act.now,
        author=act.author,
        action="add",
        note=act.note,
        removed=False,
        origins=["*"],
        sample_rate=None,
        retention_days=None,
        objective=None,
        owner=None,
        keys=[key] if key else [],
    )
    return _next(fresh, "add", act, wanted.given())


def change(newest: AppVersion | None, app: str, wanted: Wanted, act: Act) -> AppVersion:
    """Other origins, sample rate, retention, objective or owner.

    Raises:
        UnknownApp: there is no such app.
        ValueError: nothing was given.
    """
    current = require(newest, app)
    if not (given := wanted.given()):
        raise ValueError(
            "nothing to change: give origins, a sample rate, retention days, an objective or an owner"
        )
    return _next(current, "set", act, given)


def remove(newest: AppVersion | None, app: str, act: Act) -> AppVersion:
    """No such app any more; its keys are revoked.

    Raises:
        UnknownApp: there is no such app.
    """
    current = require(newest, app)
    keys = [_revoked(key, act) if key.valid else key for key in current.keys]
    return _next(current, "remove", act, {"removed": True, "keys": keys})


def add_key(newest: AppVersion | None, app: str, key: WriteKey, act: Act) -> AppVersion:
    """One more key; those that are valid stay so.

    Raises:
        UnknownApp: there is no such app.
        ValueError: it has too many keys.
    """
    current = require(newest, app)
    valid = [known for known in current.keys if known.valid]
    if len(valid) >= MOST_KEYS:
        raise ValueError(f"app {app!r} has {MOST_KEYS} valid keys: revoke one that no page uses any more")
    revoked = [known for known in current.keys if not known.valid][-MOST_KEYS:]
    return _next(current, "add_key", act, {"keys": [*revoked, *valid, key]})


def revoke_key(newest: AppVersion | None, app: str, key_id: str, act: Act) -> AppVersion:
    """A key that opens nothing any more. It cannot be taken back.

    Raises:
        UnknownApp: there is no such app.
        UnknownWriteKey: it has no such key, or none that is valid.
    """
    current = require(newest, app)
    if not any(key.key_id == key_id and key.valid for key in current.keys):
        known = ", ".join(key.key_id for key in current.keys if key.valid) or "none"
        raise UnknownWriteKey(f"app {app!r} has no valid key of this id; its valid keys are: {known}")
    keys = [_revoked(key, act) if key.key_id == key_id else key for key in current.keys]
    return _next(current, "revoke_key", act, {"keys": keys})


def require(newest: AppVersion | None, app: str) -> AppVersion:
    """The version, when there is an app.

    Raises:
        UnknownApp: there is none, or none any more.
    """
    if newest is None or newest.removed:
        raise UnknownApp(f"the store keeps no app {app!r}: add it with `inferfleet apps add --app {app}`")
    return newest


def _revoked(key: WriteKey, act: Act) -> WriteKey:
    return key.model_copy(update={"revoked_at": millisecond(act.now)})


def _next(current: AppVersion, action: str, act: Act, fields: Mapping[str, Any]) -> AppVersion:
    return current.model_copy(
        update={
            "version": current.version + 1,
            "created_at": millisecond(act.now),
            "author": act.author,
            "action": action,
            "note": act.note,
            **fields,
        }
    )
