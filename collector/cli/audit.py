"""``inferfleet audit``."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.options import Json
from collector.cli.registry import registry
from collector.cli.terminal import fail, print_model, print_table

if TYPE_CHECKING:
    from collector.apps import AuditEntry
    from collector.apps.audit import Change

MOST_OF_VALUE = 48
MOST_OF_CHANGES = 120
"""Characters in a row."""


def audit(
    app: Annotated[str | None, typer.Option(metavar="APP", help="One app. Without it: all apps.")] = None,
    limit: Annotated[
        int, typer.Option(metavar="N", help="How many of the newest changes, at most 1000.")
    ] = 50,
    as_json: Json = False,
) -> None:
    """Show who changed apps, keys, configs and variants."""
    trail = registry(lambda registry: registry.audit(app=app, limit=limit))
    if app is not None and not trail.entries:
        from collector.mistakes import name_some

        known = [known.app for known in registry(lambda registry: registry.list()).apps]
        if app not in known:  # one that was removed has its entries
            fail(f"there is no app {app!r}; the apps are: {name_some(known)}")
    if as_json:
        print_model(trail)
        return
    print_table(
        ("AT", "APP", "AUTHOR", "WHAT", "CHANGED", "NOTE"),
        [
            (
                entry.at.strftime("%Y-%m-%d %H:%M:%S"),
                entry.app,
                entry.author,
                " ".join(filter(None, [entry.subject, entry.about, entry.action, str(entry.version)])),
                _changed(entry),
                entry.note,
            )
            for entry in trail.entries
        ],
    )


def _changed(entry: "AuditEntry") -> str:
    """What changed, short enough to be read in a row; ``--json`` has all of it."""
    told = [f"{name}: {_tell(change)}" for name, change in entry.changes.items()]
    return _cut(", ".join(told), MOST_OF_CHANGES)


def _tell(change: "Change") -> str:
    if change.before is None:
        return _short(change.after)
    return f"{_short(change.before)} -> {_short(change.after)}"


def _short(value: Any) -> str:
    """A value as JSON, of a table its names, and no more than fits into a row."""
    if value is None:
        return "-"
    text = f"{{{', '.join(value)}}}" if isinstance(value, dict) else json.dumps(value, ensure_ascii=False)
    return _cut(text, MOST_OF_VALUE)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
