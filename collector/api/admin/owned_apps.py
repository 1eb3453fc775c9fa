"""Apps and keys through the collector that owns the store: what ``AppRegistry`` does, done there."""

from urllib.parse import quote

from collector.api.admin.apps import AddApp, AddKey, SetApp
from collector.apps import AppList, AppView, AuditTrail, NewApp, NewKey, RemovedApp, check_app
from collector.apps.changes import Wanted
from collector.contract.authorship import ADMIN
from collector.operations.remote import Owner


class OwnedApps:
    """The methods of ``AppRegistry``; each raises ``OwnerRefused`` with the owner's own words."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def list(self) -> AppList:
        """Every app, declared or stored."""
        return AppList.model_validate_json(self._owner.call("GET", "apps"))

    def show(self, app: str) -> AppView:
        """One app."""
        return AppView.model_validate_json(self._owner.call("GET", f"apps/{check_app(app)}"))

    def add(
        self, app: str, wanted: Wanted, *, label: str | None = "", author: str = ADMIN, note: str = ""
    ) -> NewApp:
        """A new app with its first key."""
        call = AddApp(app=app, wanted=wanted, label=label, author=author, note=note)
        return NewApp.model_validate_json(self._owner.call("POST", "apps", body=_json(call)))

    def set(self, app: str, wanted: Wanted, *, author: str = ADMIN, note: str = "") -> AppView:
        """Other origins, sample rate or retention."""
        call = SetApp(wanted=wanted, author=author, note=note)
        return AppView.model_validate_json(
            self._owner.call("PATCH", f"apps/{check_app(app)}", body=_json(call))
        )

    def remove(self, app: str, *, author: str = ADMIN, note: str = "") -> RemovedApp:
        """Takes an app away."""
        query = {"author": author, "note": note}
        return RemovedApp.model_validate_json(
            self._owner.call("DELETE", f"apps/{check_app(app)}", query=query)
        )

    def add_key(self, app: str, *, label: str = "", author: str = ADMIN, note: str = "") -> NewKey:
        """One more key."""
        call = AddKey(label=label, author=author, note=note)
        return NewKey.model_validate_json(
            self._owner.call("POST", f"apps/{check_app(app)}/keys", body=_json(call))
        )

    def revoke_key(self, app: str, key_id: str, *, author: str = ADMIN, note: str = "") -> AppView:
        """Ends a key for good."""
        query = {"author": author, "note": note}
        path = f"apps/{check_app(app)}/keys/{_part(key_id)}"
        return AppView.model_validate_json(self._owner.call("DELETE", path, query=query))

    def audit(self, *, app: str | None = None, limit: int = 50) -> AuditTrail:
        """Who changed what."""
        query = {"limit": limit} | ({"app": app} if app else {})
        return AuditTrail.model_validate_json(self._owner.call("GET", "audit", query=query))


def _part(text: str) -> str:
    """An id as one part of a path, whatever was typed; an empty one would lead somewhere else."""
    if not text:
        raise ValueError("the key's id is missing: `inferfleet keys list` shows it")
    return quote(text, safe="")


def _json(call: AddApp | SetApp | AddKey) -> str:
    # Only what was given: a field that is null means "back to the default".
    return call.model_dump_json(exclude_unset=True)
