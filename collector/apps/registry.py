"""Changes apps and keys in the store, and shows them."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from pydantic import TypeAdapter

from collector.apps import changes
from collector.apps.audit import AuditTrail, read_audit
from collector.apps.changes import Wanted
from collector.apps.keys import Label, WriteKey, make_key
from collector.apps.policy import KnownApp, know
from collector.apps.settings import AppSettings
from collector.apps.versions import AppVersion, UnknownApp, append, read_all, read_newest
from collector.apps.views import AppList, AppView, LastUsed, NewApp, NewKey, RemovedApp, view
from collector.contract.authorship import ADMIN, Act, fit, sign
from collector.contract.wire_model import AppName
from collector.store import Store

_APP: TypeAdapter[str] = TypeAdapter(AppName)
_LABEL: TypeAdapter[str] = TypeAdapter(Label)
_NO_APP = "an app's name is up to 63 of a-z, 0-9, - and _, and begins with a letter or digit"
_NO_LABEL = "a key's label is up to 64 letters, digits and ._+-, and begins with a letter or digit"


def check_app(name: str) -> str:
    """The name of an app, as it may be.

    Raises:
        ValueError: it cannot be one.
    """
    return fit(_APP, name, _NO_APP)


class AppRegistry:
    """The apps as the store keeps them. Thread-safe.

    Every method raises ``StoreUnavailable`` when the store does not answer and ``ValueError`` for a name that
    cannot be one; changes raise ``AppConflict`` when somebody else was first.

    Args:
        store: where they are kept.
        declared: those of the settings, which are shown beside them.
        longest_days: how long any app's events can be kept, ``store.retention_days``.
        clock: the time of day.
    """

    def __init__(
        self,
        store: Store,
        declared: Mapping[str, AppSettings],
        *,
        longest_days: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._declared = declared
        self._longest_days = longest_days
        self._clock = clock
        self._one_at_a_time = threading.Lock()  # two calls to one collector need not conflict

    def known(self) -> dict[str, KnownApp]:
        """What holds for every app now, read from the store."""
        return know(self._declared, read_all(self._store))

    def list(self) -> AppList:
        """Every app, declared or stored."""
        stored = {version.app: version for version in read_all(self._store)}
        names = {*self._declared, *[name for name, version in stored.items() if not version.removed]}
        used = self._last_used()
        return AppList(
            apps=[view(name, self._declared.get(name), stored.get(name), used) for name in sorted(names)]
        )

    def show(self, app: str) -> AppView:
        """One app.

        Raises:
            UnknownApp: it is neither declared nor stored.
        """
        newest = self._newest(app)
        if app not in self._declared:
            changes.require(newest, app)
        return view(app, self._declared.get(app), newest, self._last_used())

    def add(
        self, app: str, wanted: Wanted, *, label: str | None = "", author: str = ADMIN, note: str = ""
    ) -> NewApp:
        """A new app with a first key of this label; None for no key.

        Raises:
            AppExists: there is such an app.
        """
        self._check_days(wanted)
        act = self._act(author, note)
        made = self._make_key(label, act) if label is not None else None
        with self._one_at_a_time:
            version = append(
                self._store,
                changes.add(self._newest(app), app, wanted, made[1] if made else None, act),
            )
        return NewApp(app=self._view(version), key=_new_key(app, *made) if made else None)

    def set(self, app: str, wanted: Wanted, *, author: str = ADMIN, note: str = "") -> AppView:
        """Other origins, sample rate, retention, objective or owner.

        Raises:
            UnknownApp: the store keeps no such app.
        """
        self._check_days(wanted)
        act = self._act(author, note)
        with self._one_at_a_time:
            newest = self._stored(app)
            return self._view(append(self._store, changes.change(newest, app, wanted, act)))

    def remove(self, app: str, *, author: str = ADMIN, note: str = "") -> RemovedApp:
        """Takes an app away and revokes its keys. What it reported stays.

        Raises:
            UnknownApp: the store keeps no such app.
        """
        act = self._act(author, note)
        with self._one_at_a_time:
            version = append(self._store, changes.remove(self._stored(app), app, act))
        revoked = [key.key_id for key in version.keys if key.revoked_at == version.created_at]
        return RemovedApp(app=app, version=version.version, revoked_keys=revoked)

    def add_key(self, app: str, *, label: str = "", author: str = ADMIN, note: str = "") -> NewKey:
        """One more key, valid beside the others.

        Raises:
            UnknownApp: the store keeps no such app.
        """
        act = self._act(author, note)
        key, record = self._make_key(label, act)
        with self._one_at_a_time:
            append(self._store, changes.add_key(self._stored(app), app, record, act))
        return _new_key(app, key, record)

    def revoke_key(self, app: str, key_id: str, *, author: str = ADMIN, note: str = "") -> AppView:
        """Ends a key for good.

        Raises:
            UnknownApp, UnknownWriteKey: the store keeps no such app, or it has no such key.
        """
        act = self._act(author, note)
        with self._one_at_a_time:
            return self._view(append(self._store, changes.revoke_key(self._stored(app), app, key_id, act)))

    def audit(self, *, app: str | None = None, limit: int = 50) -> AuditTrail:
        """Who changed apps, keys and configs; newest first. An app that is gone has its trail, too."""
        return read_audit(self._store, app=check_app(app) if app else None, limit=limit)

    def check_signature(self, author: str, note: str) -> tuple[str, str]:
        """Who and why, for the audit trail."""
        act = self._act(author, note)
        return act.author, act.note

    def _newest(self, app: str) -> AppVersion | None:
        return read_newest(self._store, check_app(app))

    def _stored(self, app: str) -> AppVersion | None:
        newest = self._newest(app)
        if app in self._declared and (newest is None or newest.removed):
            raise UnknownApp(
                f"app {app!r} is declared in the settings only: change it there, or have the store keep it, "
                f"too, with `inferfleet apps add --app {app}`"
            )
        return newest

    def _view(self, version: AppVersion) -> AppView:
        return view(version.app, self._declared.get(version.app), version, self._last_used())

    def _last_used(self) -> LastUsed:
        used: dict[tuple[str, str], date] = {
            (row["app"], row["key_id"]): row["last_used"] for row in self._store.query("apps_key_uses")
        }
        return used

    def _act(self, author: str, note: str) -> Act:
        return sign(author, note, self._clock())

    def _make_key(self, label: str, act: Act) -> tuple[str, WriteKey]:
        return make_key(fit(_LABEL, label, _NO_LABEL), now=act.now)

    def _check_days(self, wanted: Wanted) -> None:
        days = wanted.retention_days
        if days is not None and days > self._longest_days:
            raise ValueError(
                f"no event is kept longer than store.retention_days, {self._longest_days} days: raise that "
                f"first, or keep the app's for fewer days than {days}"
            )


def _new_key(app: str, key: str, record: WriteKey) -> NewKey:
    return NewKey(app=app, key_id=record.key_id, label=record.label, key=key)
