"""Variants through the collector that owns the store: what ``ModelRegistry`` does, done there."""

from collections.abc import Sequence
from urllib.parse import quote

from collector.api.admin.variants import RegisterVariants, SetBudget
from collector.apps import check_app
from collector.contract.authorship import ADMIN
from collector.models import (
    ModelBudget,
    RegisteredVariants,
    Registration,
    RemovedVariant,
    VariantHistory,
    VariantList,
)
from collector.models.registration import check_name
from collector.operations.remote import Owner


class OwnedModels:
    """The methods of ``ModelRegistry``; each raises ``OwnerRefused`` with the owner's own words."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def list(self, app: str, model: str = "") -> VariantList:
        """The variants of an app, or of one of its models."""
        query = {"model": model} if model else {}
        return VariantList.model_validate_json(self._owner.call("GET", _path(app, "variants"), query=query))

    def show(self, app: str, model: str, variant: str) -> VariantHistory:
        """One variant, and what it was before."""
        return VariantHistory.model_validate_json(
            self._owner.call("GET", _path(app, "variants", model, variant))
        )

    def register(
        self, app: str, variants: Sequence[Registration], *, author: str = ADMIN, note: str = ""
    ) -> RegisteredVariants:
        """Registers variants."""
        call = RegisterVariants(variants=list(variants), author=author, note=note)
        return RegisteredVariants.model_validate_json(
            self._owner.call("POST", _path(app, "variants"), body=call.model_dump_json())
        )

    def remove(
        self, app: str, model: str, variant: str, *, author: str = ADMIN, note: str = ""
    ) -> RemovedVariant:
        """Takes a variant away."""
        query = {"author": author, "note": note}
        return RemovedVariant.model_validate_json(
            self._owner.call("DELETE", _path(app, "variants", model, variant), query=query)
        )

    def set_budget(
        self, app: str, model: str, max_accuracy_loss: float | None, *, author: str = ADMIN, note: str = ""
    ) -> ModelBudget:
        """Says how much accuracy a variant of a model may lose."""
        call = SetBudget(max_accuracy_loss=max_accuracy_loss, author=author, note=note)
        return ModelBudget.model_validate_json(
            self._owner.call("PATCH", _path(app, "models", model), body=call.model_dump_json())
        )


def _path(app: str, kind: str, *names: str) -> str:
    """A path below ``apps/{app}``. An empty name or a slash would lead somewhere else, and no name is so."""
    return "/".join(["apps", check_app(app), kind, *(quote(check_name(name), safe="") for name in names)])
