"""What a person can do to a config at once: roll back, switch off, switch on. Each is one new version."""

from datetime import datetime

from collector.jobs.publish.versions import (
    Action,
    ConfigVersion,
    UnknownVersion,
    append,
    read_active,
    read_version,
)
from collector.store.columns import millisecond
from collector.store.lending import Tables


def rollback(
    store: Tables, app: str, to_version: int, *, author: str, note: str, now: datetime
) -> ConfigVersion:
    """Makes an older version's plans active again, as a new version. Version 0 is no plan at all.

    The scheduled job does not publish over it; a person's next publication does.

    Raises:
        UnknownVersion: there is no such version to go back to, or the app has none at all.
        VersionConflict: somebody else changed the config at the same moment.
        StoreUnavailable: nothing was changed.
    """
    active = _require_active(store, app)
    plans = read_version(store, app, to_version).plans if to_version else {}
    return _append(
        store,
        active.model_copy(update={"plans": plans}),
        action="rollback",
        author=author,
        note=f"to version {to_version}: {note}" if note else f"to version {to_version}",
        now=now,
    )


def kill(store: Tables, app: str, *, author: str, note: str, now: datetime) -> ConfigVersion:
    """The kill switch: SDKs measure nothing and steer nothing. The plans are kept for ``enable``."""
    active = _require_active(store, app)
    off = active.model_copy(update={"enabled": False})
    return _append(store, off, action="kill", author=author, note=note, now=now)


def enable(store: Tables, app: str, *, author: str, note: str, now: datetime) -> ConfigVersion:
    """Takes the kill switch back: the plans that were active go on."""
    active = _require_active(store, app)
    on = active.model_copy(update={"enabled": True})
    return _append(store, on, action="enable", author=author, note=note, now=now)


def _append(
    store: Tables, draft: ConfigVersion, *, action: Action, author: str, note: str, now: datetime
) -> ConfigVersion:
    return append(
        store,
        draft.model_copy(
            update={
                "version": draft.version + 1,
                "created_at": millisecond(now),
                "author": author,
                "action": action,
                "note": note,
            }
        ),
    )


def _require_active(store: Tables, app: str) -> ConfigVersion:
    active = read_active(store, app)
    if active is None:
        raise UnknownVersion(f"app {app!r} has no config yet: run `inferfleet publish` first")
    return active
