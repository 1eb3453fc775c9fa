"""What a person can do to a config at once: roll back, switch off, switch on. Each is one new version."""

from datetime import UTC, datetime

from collector.jobs.publish.versions import (
    Action,
    ConfigVersion,
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
        UnknownVersion: there is no such version to go back to.
        VersionConflict: somebody else changed the config at the same moment.
        StoreUnavailable: nothing was changed.
    """
    active = _active(store, app)
    back = read_version(store, app, to_version) if to_version else None
    served = {"plans": back.plans if back else {}, "canaries": back.canaries if back else {}}
    return _append(
        store,
        active.model_copy(update=served),
        action="rollback",
        author=author,
        note=f"to version {to_version}: {note}" if note else f"to version {to_version}",
        now=now,
    )


def kill(store: Tables, app: str, *, author: str, note: str, now: datetime) -> ConfigVersion:
    """The kill switch: SDKs measure nothing and steer nothing. The plans are kept for ``enable``."""
    active = _active(store, app)
    off = active.model_copy(update={"enabled": False})
    return _append(store, off, action="kill", author=author, note=note, now=now)


def enable(store: Tables, app: str, *, author: str, note: str, now: datetime) -> ConfigVersion:
    """Takes the kill switch back: the plans that were active go on."""
    active = _active(store, app)
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


def _active(store: Tables, app: str) -> ConfigVersion:
    """The active version; before the first publication version 0, which has no plans.

    The kill switch must work then, too: SDKs measure without a config.
    """
    return read_active(store, app) or ConfigVersion(
        app=app,
        version=0,
        created_at=datetime.fromtimestamp(0, UTC),
        author="",
        action="publish",
        note="",
        enabled=True,
        sample_rate=1.0,
        plans={},
    )
