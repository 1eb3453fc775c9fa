"""``inferfleet apps``, ``keys``, ``audit``: in the store or, when a collector owns it, through that one."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

import json
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from collector.store import StoreError, StoreInUse
from collector.terminal import fail, read_settings

if TYPE_CHECKING:
    from pydantic import BaseModel

    from collector.api.owned_apps import OwnedApps
    from collector.apps import AppRegistry, AppView, AuditEntry, NewKey
    from collector.apps.changes import Wanted

T = TypeVar("T")

apps = typer.Typer(help="Apps that may report, beside those of the settings.")
keys = typer.Typer(help="Write keys of an app: add the new one, ship it, revoke the old one.")


class Field(StrEnum):
    """What can go back to its default."""

    ORIGINS = "origins"
    SAMPLE_RATE = "sample-rate"
    RETENTION_DAYS = "retention-days"


AppArgument = Annotated[str, typer.Argument(metavar="APP", help="The app's name.")]
Origins = Annotated[
    list[str] | None, typer.Option("--origin", help="A page's origin, https://host[:port]; may be repeated.")
]
SampleRate = Annotated[float | None, typer.Option(help="Share of sessions that report, 0 to 1.")]
RetentionDays = Annotated[int | None, typer.Option(help="Days that the app's events are kept.")]
Label = Annotated[str, typer.Option(help="What the key is for.")]
Note = Annotated[str, typer.Option(help="Why, for the audit trail.")]
Author = Annotated[str, typer.Option(envvar="INFERFLEET_AUTHOR", help="Who, for the audit trail.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@apps.command("list")
def list_apps(as_json: Json = False) -> None:
    """Show all apps."""
    found = _registry(lambda registry: registry.list())
    if as_json:
        _print_json(found)
        return
    _print_table(
        ("APP", "ORIGINS", "SAMPLE RATE", "RETENTION DAYS", "VALID KEYS", "KEPT IN"),
        [
            (
                app.app,
                " ".join(app.origins),
                _or_default(app.sample_rate),
                _or_default(app.retention_days),
                str(app.declared_keys + sum(key.revoked_at is None for key in app.keys)),
                _kept_in(app),
            )
            for app in found.apps
        ],
    )


@apps.command()
def show(app: AppArgument, as_json: Json = False) -> None:
    """Show one app and its keys."""
    _show(_registry(lambda registry: registry.show(app)), as_json=as_json)


@apps.command()
def add(
    app: AppArgument,
    *,
    origin: Origins = None,
    sample_rate: SampleRate = None,
    retention_days: RetentionDays = None,
    label: Label = "",
    no_key: Annotated[bool, typer.Option("--no-key", help="Make no write key yet.")] = False,
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Add an app, with a first write key that is shown this once."""
    given = _given(origins=origin, sample_rate=sample_rate, retention_days=retention_days)
    made = _registry(
        lambda registry: registry.add(
            app, _wanted(given), label=None if no_key else label, author=author, note=note
        )
    )
    if as_json:
        _print_json(made)
        return
    typer.echo(f"app {app} is added")
    if made.key is not None:
        _tell_key(made.key)


@apps.command("set")
def set_app(
    app: AppArgument,
    *,
    origin: Origins = None,
    sample_rate: SampleRate = None,
    retention_days: RetentionDays = None,
    default: Annotated[
        list[Field] | None, typer.Option(help="Take this back to its default; may be repeated.")
    ] = None,
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Change an app. The origins given replace those it has."""
    given = _given(origins=origin, sample_rate=sample_rate, retention_days=retention_days)
    unset = {field.value.replace("-", "_"): None for field in default or []}
    if both := sorted(given.keys() & unset.keys()):
        fail(f"{both[0].replace('_', '-')} cannot be set and taken back to its default at once")
    changed = _registry(lambda registry: registry.set(app, _wanted(given | unset), author=author, note=note))
    _show(changed, as_json=as_json)


@apps.command()
def remove(app: AppArgument, note: Note = "", author: Author = "admin", as_json: Json = False) -> None:
    """Take an app away and revoke its keys. What it reported stays in the store."""
    removed = _registry(lambda registry: registry.remove(app, author=author, note=note))
    if as_json:
        _print_json(removed)
    else:
        typer.echo(f"app {app} is removed; keys revoked: {', '.join(removed.revoked_keys) or 'none'}")


@keys.command("list")
def list_keys(app: AppArgument, as_json: Json = False) -> None:
    """Show an app's write keys: their ids and last characters, never the keys."""
    found = _registry(lambda registry: registry.show(app))
    if as_json:
        typer.echo(json.dumps([key.model_dump(mode="json") for key in found.keys], indent=2))
    else:
        _print_keys(found)


@keys.command("add")
def add_key(
    app: AppArgument,
    label: Label = "",
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Make one more write key. It is shown this once."""
    made = _registry(lambda registry: registry.add_key(app, label=label, author=author, note=note))
    if as_json:
        _print_json(made)
    else:
        _tell_key(made)


@keys.command()
def revoke(
    app: AppArgument,
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="As `inferfleet keys list` shows it.")],
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """End a write key for good. Pages that carry it cannot report any more."""
    left = _registry(lambda registry: registry.revoke_key(app, key_id, author=author, note=note))
    if as_json:
        _print_json(left)
    else:
        valid = sum(key.revoked_at is None for key in left.keys) + left.declared_keys
        typer.echo(f"key {key_id} of app {app} is revoked; valid keys left: {valid}")


def audit(
    app: Annotated[str | None, typer.Option(help="One app; all when left out.")] = None,
    limit: Annotated[int, typer.Option(help="The newest changes, at most 1000.")] = 50,
    as_json: Json = False,
) -> None:
    """Show who changed apps, keys and configs."""
    trail = _registry(lambda registry: registry.audit(app=app, limit=limit))
    if as_json:
        _print_json(trail)
        return
    _print_table(
        ("AT", "APP", "AUTHOR", "WHAT", "CHANGED", "NOTE"),
        [
            (
                entry.at.strftime("%Y-%m-%d %H:%M:%S"),
                entry.app,
                entry.author,
                f"{entry.subject} {entry.action} {entry.version}",
                _changed(entry),
                entry.note,
            )
            for entry in trail.entries
        ],
    )


def _registry(work: "Callable[[AppRegistry | OwnedApps], T]") -> T:
    """Does the work here or, when a collector owns the engine, there."""
    from collector.api.admin_problems import say
    from collector.api.logs import configure_logs
    from collector.api.owned_apps import OwnedApps
    from collector.api.remote import Owner, OwnerRefused
    from collector.apps import AppConflict, AppRegistry, UnknownApp, UnknownWriteKey
    from collector.store import open_store

    configure_logs()
    settings = read_settings()
    try:
        try:
            with open_store(settings.dsn) as store:
                return work(AppRegistry(store, settings.apps, longest_days=settings.store.retention_days))
        except StoreInUse as in_use:
            return work(OwnedApps(Owner(settings, in_use)))
    except (StoreError, OwnerRefused, ValueError, AppConflict, UnknownApp, UnknownWriteKey) as error:
        fail(say(error))


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _wanted(fields: dict[str, Any]) -> "Wanted":
    from collector.apps.changes import Wanted

    return Wanted(**fields)


def _tell_key(key: "NewKey") -> None:
    typer.echo(f"write key {key.key_id} of app {key.app}, shown this once:")
    typer.echo(key.key)


def _show(app: "AppView", *, as_json: bool) -> None:
    if as_json:
        _print_json(app)
        return
    typer.echo(f"app             {app.app}")
    typer.echo(f"origins         {' '.join(app.origins)}{_by_settings(app, 'origins')}")
    typer.echo(f"sample rate     {_or_default(app.sample_rate)}{_by_settings(app, 'sample_rate')}")
    typer.echo(f"retention days  {_or_default(app.retention_days)}{_by_settings(app, 'retention_days')}")
    typer.echo(f"kept in         {_kept_in(app)}")
    if app.declared_keys:
        typer.echo(f"keys in the settings: {app.declared_keys}")
    _print_keys(app)


def _print_keys(app: "AppView") -> None:
    _print_table(
        ("KEY ID", "LABEL", "ENDS WITH", "CREATED", "LAST USED", "REVOKED"),
        [
            (
                key.key_id,
                key.label,
                key.hint,
                str(key.created_at.date()),
                str(key.last_used or "-"),
                str(key.revoked_at.date()) if key.revoked_at else "-",
            )
            for key in app.keys
        ],
    )


def _print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _print_json(answer: "BaseModel") -> None:
    typer.echo(answer.model_dump_json(indent=2))


def _or_default(value: float | None) -> str:
    return "default" if value is None else f"{value:g}"


def _by_settings(app: "AppView", field: str) -> str:
    return "  (the settings decide)" if field in app.settings_decide else ""


def _kept_in(app: "AppView") -> str:
    places = [*(["settings"] if app.declared_keys else []), *(["store"] if app.version else [])]
    return " and ".join(places)


def _changed(entry: "AuditEntry") -> str:
    return ", ".join(
        f"{name}: {_short(change.before)} -> {_short(change.after)}" for name, change in entry.changes.items()
    )


def _short(value: Any) -> str:
    return "-" if value is None else json.dumps(value)
