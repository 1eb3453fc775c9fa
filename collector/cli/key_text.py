"""How write keys are shown: by their ids and last characters, a new one in full, once."""

from typing import TYPE_CHECKING

import typer

from collector.cli.terminal import print_table

if TYPE_CHECKING:
    from collector.apps import AppView, NewKey


def tell_key(key: "NewKey") -> None:
    """Shows a new key, the only time that it is shown."""
    typer.echo(f"write key {key.key_id} of app {key.app}, shown this once:")
    typer.echo(key.key)


def print_keys(app: "AppView") -> None:
    """A table of an app's keys."""
    print_table(
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
