"""Canaries through the collector that owns the store: what ``CanaryRegistry`` does, done there."""

from urllib.parse import quote

from collector.api.admin.canaries import RecordCanary
from collector.apps import check_app
from collector.contract.authorship import ADMIN
from collector.models import CanaryHistory, CanaryList, CanaryRegistration, CanaryVersion, CanaryView
from collector.models.registration import check_name
from collector.operations.remote import Owner


class OwnedCanaries:
    """The methods of ``CanaryRegistry``; each raises ``OwnerRefused`` with the owner's own words."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def list(self, app: str, model: str = "") -> CanaryList:
        """The canaries of an app, or of one of its models."""
        query = {"model": model} if model else {}
        return CanaryList.model_validate_json(self._owner.call("GET", _path(app), query=query))

    def show(self, app: str, model: str) -> CanaryHistory:
        """The canary of a model, and what it was before."""
        return CanaryHistory.model_validate_json(self._owner.call("GET", _path(app, model)))

    def register(
        self, app: str, wanted: CanaryRegistration, *, author: str = ADMIN, note: str = ""
    ) -> CanaryView:
        """Keeps a canary for a model."""
        call = RecordCanary(canary=wanted, author=author, note=note)
        return CanaryView.model_validate_json(
            self._owner.call("POST", _path(app), body=call.model_dump_json())
        )

    def remove(self, app: str, model: str, *, author: str = ADMIN, note: str = "") -> CanaryVersion:
        """Takes a model's canary away."""
        query = {"author": author, "note": note}
        return CanaryVersion.model_validate_json(self._owner.call("DELETE", _path(app, model), query=query))


def _path(app: str, *names: str) -> str:
    """A path below ``apps/{app}``. An empty name or a slash would lead somewhere else, and no name is so."""
    return "/".join(
        ["apps", check_app(app), "canaries", *(quote(check_name(name), safe="") for name in names)]
    )
