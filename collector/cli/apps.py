"""``inferfleet apps``: who may report."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.examples import example
from collector.cli.group import Group
from collector.cli.key_text import print_keys, tell_key
from collector.cli.options import Author, Json, Label, Note, OneApp, Yes
from collector.cli.registry import registry
from collector.cli.terminal import confirm, fail, print_model, print_table

if TYPE_CHECKING:
    from collector.apps import AppView
    from collector.apps.changes import Wanted

apps = typer.Typer(cls=Group, help="Apps that may report, beside those of the settings.")


class Field(StrEnum):
    """What can go back to its default."""

    ORIGINS = "origins"
    SAMPLE_RATE = "sample-rate"
    RETENTION_DAYS = "retention-days"
    OBJECTIVE = "objective"
    OWNER = "owner"


Origins = Annotated[
    list[str] | None,
    typer.Option(
        "--origin",
        metavar="ORIGIN",
        help="A page's origin: https://host[:port], another scheme (capacitor://localhost), file://, "
        "null, or *. May be repeated.",
    ),
]
SampleRate = Annotated[
    float | None, typer.Option(metavar="SHARE", help="Share of sessions that report, 0 to 1.")
]
RetentionDays = Annotated[
    int | None, typer.Option(metavar="DAYS", help="Days that the app's events are kept.")
]
Objective = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|TERM=WEIGHT,...",
        help="What backends and variants are chosen by: balanced, loop, one-shot or small-download; "
        "terms with weights (ready, frame_rate, first_result, bytes; quantile and fps say more); or a "
        "name and what differs, as loop,fps=60.",
    ),
]
Owner = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Who looks after the app, as alerts name it in their label owner."),
]


@apps.command("list", epilog=example("inferfleet apps list"))
def list_apps(as_json: Json = False) -> None:
    """Show all apps."""
    found = registry(lambda registry: registry.list())
    if as_json:
        print_model(found)
        return
    print_table(
        ("APP", "ORIGINS", "SAMPLE RATE", "RETENTION DAYS", "OBJECTIVE", "OWNER", "VALID KEYS", "KEPT IN"),
        [
            (
                app.app,
                " ".join(app.origins),
                _or_default(app.sample_rate),
                _or_default(app.retention_days),
                app.objective or "default",
                app.owner or "-",
                str(app.declared_keys + sum(key.revoked_at is None for key in app.keys)),
                _kept_in(app),
            )
            for app in found.apps
        ],
    )


@apps.command(epilog=example("inferfleet apps show --app shop"))
def show(app: OneApp, as_json: Json = False) -> None:
    """Show one app and its keys."""
    _show(registry(lambda registry: registry.show(app)), as_json=as_json)


@apps.command(epilog=example("inferfleet apps add --app shop --origin https://shop.example"))
def add(
    app: OneApp,
    *,
    origin: Origins = None,
    sample_rate: SampleRate = None,
    retention_days: RetentionDays = None,
    objective: Objective = None,
    owner: Owner = None,
    label: Label = "",
    no_key: Annotated[bool, typer.Option("--no-key", help="Make no write key yet.")] = False,
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Add an app, with a first write key that is shown this once."""
    given = _given(
        origins=origin,
        sample_rate=sample_rate,
        retention_days=retention_days,
        objective=objective,
        owner=owner,
    )
    made = registry(
        lambda registry: registry.add(
            app, _wanted(given), label=None if no_key else label, author=author, note=note
        )
    )
    if as_json:
        print_model(made)
        return
    typer.echo(f"app {app} is added")
    if made.key is not None:
        tell_key(made.key)


@apps.command(
    "set",
    epilog=example(
        "inferfleet apps set --app shop --sample-rate 0.2 --retention-days 30",
        "inferfleet apps set --app shop --objective loop,fps=60",
        "inferfleet apps set --app shop --owner web",
        "inferfleet apps set --app shop --default sample-rate",
    ),
)
def set_app(
    app: OneApp,
    *,
    origin: Origins = None,
    sample_rate: SampleRate = None,
    retention_days: RetentionDays = None,
    objective: Objective = None,
    owner: Owner = None,
    default: Annotated[
        list[Field] | None,
        typer.Option(
            metavar="origins|sample-rate|retention-days|objective|owner",
            help="Take this back to its default. May be repeated.",
        ),
    ] = None,
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Change an app. The origins given replace those it has."""
    given = _given(
        origins=origin,
        sample_rate=sample_rate,
        retention_days=retention_days,
        objective=objective,
        owner=owner,
    )
    unset = {field.value.replace("-", "_"): None for field in default or []}
    if both := sorted(given.keys() & unset.keys()):
        fail(f"{both[0].replace('_', '-')} cannot be set and taken back to its default at once")
    changed = registry(lambda registry: registry.set(app, _wanted(given | unset), author=author, note=note))
    _show(changed, as_json=as_json)


@apps.command(epilog=example("inferfleet apps remove --app shop --note 'the shop is closed'"))
def remove(
    app: OneApp, *, yes: Yes = False, note: Note = "", author: Author = "admin", as_json: Json = False
) -> None:
    """Remove an app and revoke its keys. What it reported stays in the store."""
    confirm(f"Remove {app} and revoke all its keys? Pages that carry them cannot report any more.", yes=yes)
    removed = registry(lambda registry: registry.remove(app, author=author, note=note))
    if as_json:
        print_model(removed)
    else:
        typer.echo(f"app {app} is removed; keys revoked: {', '.join(removed.revoked_keys) or 'none'}")


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _wanted(fields: dict[str, Any]) -> "Wanted":
    from collector.apps.changes import Wanted

    return Wanted(**fields)


def _show(app: "AppView", *, as_json: bool) -> None:
    if as_json:
        print_model(app)
        return
    typer.echo(f"app             {app.app}")
    typer.echo(f"origins         {' '.join(app.origins)}{_by_settings(app, 'origins')}")
    typer.echo(f"sample rate     {_or_default(app.sample_rate)}{_by_settings(app, 'sample_rate')}")
    typer.echo(f"retention days  {_or_default(app.retention_days)}{_by_settings(app, 'retention_days')}")
    typer.echo(f"objective       {app.objective or 'default'}{_by_settings(app, 'objective')}")
    typer.echo(f"owner           {app.owner or '-'}{_by_settings(app, 'owner')}")
    typer.echo(f"kept in         {_kept_in(app)}")
    if app.declared_keys:
        typer.echo(f"keys in the settings: {app.declared_keys}")
    print_keys(app)


def _or_default(value: float | None) -> str:
    return "default" if value is None else f"{value:g}"


def _by_settings(app: "AppView", field: str) -> str:
    return "  (the settings decide)" if field in app.settings_decide else ""


def _kept_in(app: "AppView") -> str:
    places = [*(["settings"] if app.declared_keys else []), *(["store"] if app.version else [])]
    return " and ".join(places)
