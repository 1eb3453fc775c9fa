"""Runs an operation here or, when a collector owns the engine, there."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from collector.cli.terminal import fail, read_settings


def perform(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Runs an operation and returns its summary as JSON."""
    from collector.api.admin.problems import say
    from collector.jobs.publish import VersionConflict
    from collector.operations.catalogue import OPERATIONS, Call, open_parts
    from collector.operations.logs import configure_logs
    from collector.operations.remote import OwnerRefused, ask_owner
    from collector.store import StoreError, StoreInUse

    configure_logs()
    settings = read_settings()
    try:
        call = Call(**{key: value for key, value in arguments.items() if value is not None})
        try:
            with open_parts(settings) as parts:
                return OPERATIONS[name](parts, call).model_dump(mode="json")
        except StoreInUse as in_use:
            return ask_owner(settings, name, call, in_use)
    except (StoreError, OwnerRefused, ValueError, VersionConflict) as error:
        fail(say(error))


@contextmanager
def friendly() -> Iterator[None]:
    """One line in place of a traceback, for what a user can mend."""
    from collector.store import StoreError

    try:
        yield
    except StoreError as error:
        fail(str(error))
