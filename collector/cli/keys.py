"""``inferfleet keys``: an app's write keys."""

import json
from typing import Annotated

import typer

from collector.cli.examples import example
from collector.cli.group import Group
from collector.cli.key_text import print_keys, tell_key
from collector.cli.options import Author, Json, Label, Note, OneApp, Yes
from collector.cli.registry import registry
from collector.cli.terminal import confirm, print_model

keys = typer.Typer(cls=Group, help="Write keys of an app. To rotate: add one, ship it, revoke the old.")


@keys.command("list", epilog=example("inferfleet keys list --app shop"))
def list_keys(app: OneApp, as_json: Json = False) -> None:
    """Show an app's write keys, by id and last characters."""
    found = registry(lambda registry: registry.show(app))
    if as_json:
        typer.echo(json.dumps([key.model_dump(mode="json") for key in found.keys], indent=2))
    else:
        print_keys(found)


@keys.command("add", epilog=example("inferfleet keys add --app shop --label v2"))
def add_key(
    app: OneApp,
    label: Label = "",
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Make one more write key. It is shown this once."""
    made = registry(lambda registry: registry.add_key(app, label=label, author=author, note=note))
    if as_json:
        print_model(made)
    else:
        tell_key(made)


@keys.command(epilog=example("inferfleet keys revoke --app shop --key 1f3a9c07"))
def revoke(
    app: OneApp,
    key: Annotated[
        str, typer.Option(metavar="KEY_ID", help="The key's id, as `inferfleet keys list` shows it.")
    ],
    *,
    yes: Yes = False,
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """End a write key for good. Pages that carry it cannot report any more."""
    confirm(f"Revoke key {key} of {app} for good? Pages that carry it cannot report any more.", yes=yes)
    left = registry(lambda registry: registry.revoke_key(app, key, author=author, note=note))
    if as_json:
        print_model(left)
    else:
        valid = sum(known.revoked_at is None for known in left.keys) + left.declared_keys
        typer.echo(f"key {key} of app {app} is revoked; valid keys left: {valid}")
