"""Work on variants: in the store or, when a collector owns it, through that one."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from collector.cli.terminal import fail, read_settings

if TYPE_CHECKING:
    from collector.api.admin.owned_models import OwnedModels
    from collector.models import ModelRegistry

T = TypeVar("T")


def models(work: "Callable[[ModelRegistry | OwnedModels], T]") -> T:
    """Does the work here or, when a collector owns the engine, there."""
    from collector.api.admin.owned_models import OwnedModels
    from collector.api.admin.problems import say
    from collector.apps import AppRegistry, UnknownApp
    from collector.models import ModelRegistry, UnknownVariant, VariantConflict
    from collector.operations.logs import configure_logs
    from collector.operations.remote import Owner, OwnerRefused
    from collector.store import StoreError, StoreInUse, open_store

    configure_logs()
    settings = read_settings()
    try:
        try:
            with open_store(settings.dsn) as store:
                apps = AppRegistry(store, settings.apps, longest_days=settings.store.retention_days)
                return work(
                    ModelRegistry(
                        store,
                        origins_of=lambda app: apps.show(app).origins,
                        limits=settings.recommend.limits,
                    )
                )
        except StoreInUse as in_use:
            return work(OwnedModels(Owner(settings, in_use)))
    except (StoreError, OwnerRefused, ValueError, UnknownApp, UnknownVariant, VariantConflict) as error:
        fail(say(error))
