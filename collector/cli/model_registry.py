"""Work on variants and canaries: in the store or, when a collector owns it, through that one."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from collector.cli.terminal import fail, read_settings

if TYPE_CHECKING:
    from collector.api.admin.owned_canaries import OwnedCanaries
    from collector.api.admin.owned_models import OwnedModels
    from collector.apps import AppRegistry
    from collector.models import CanaryRegistry, ModelRegistry
    from collector.operations.remote import Owner
    from collector.settings import Settings
    from collector.store import Store

T = TypeVar("T")


def models(work: "Callable[[ModelRegistry | OwnedModels], T]") -> T:
    """Does work on variants here or, when a collector owns the engine, there."""
    from collector.api.admin.owned_models import OwnedModels
    from collector.models import ModelRegistry

    def here(store: "Store", apps: "AppRegistry", settings: "Settings") -> T:
        limits = settings.recommend.limits
        return work(
            ModelRegistry(store, origins_of=lambda app: apps.show(app).origins, limits=limits),
        )

    return _perform(here, lambda owner: work(OwnedModels(owner)))


def canaries(work: "Callable[[CanaryRegistry | OwnedCanaries], T]") -> T:
    """Does work on canaries here or, when a collector owns the engine, there."""
    from collector.api.admin.owned_canaries import OwnedCanaries
    from collector.models import CanaryRegistry

    def here(store: "Store", apps: "AppRegistry", _: "Settings") -> T:
        return work(CanaryRegistry(store, origins_of=lambda app: apps.show(app).origins))

    return _perform(here, lambda owner: work(OwnedCanaries(owner)))


def _perform(
    here: "Callable[[Store, AppRegistry, Settings], T]",
    there: "Callable[[Owner], T]",
) -> T:
    from collector.api.admin.problems import say
    from collector.apps import AppRegistry, UnknownApp
    from collector.models import UnknownVariant, VariantConflict
    from collector.operations.logs import configure_logs
    from collector.operations.remote import Owner, OwnerRefused
    from collector.store import StoreError, StoreInUse, open_store

    configure_logs()
    settings = read_settings()
    try:
        try:
            with open_store(settings.dsn) as store:
                apps = AppRegistry(store, settings.apps, longest_days=settings.store.retention_days)
                return here(store, apps, settings)
        except StoreInUse as in_use:
            return there(Owner(settings, in_use))
    except (StoreError, OwnerRefused, ValueError, UnknownApp, UnknownVariant, VariantConflict) as error:
        fail(say(error))
