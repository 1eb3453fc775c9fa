"""``inferfleet migrate``, ``backup``, ``restore``, ``expire``, ``delete``: what is kept, and for how long."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from pathlib import Path
from typing import Annotated, Literal

import typer

from collector.cli.options import App, Author, Note, OneApp
from collector.cli.performing import friendly, perform
from collector.cli.terminal import fail, print_json, read_settings

LayoutName = Literal["server", "cluster", "cloud"]
"""Those of ``collector.store.layout``, which would load the whole store."""


def migrate(
    show: Annotated[
        LayoutName | None, typer.Option("--show", help="Print the SQL for such a place, and change nothing.")
    ] = None,
    cluster: Annotated[str, typer.Option(help="The cluster's name, for --show cluster.")] = "default",
) -> None:
    """Bring the store's tables to this version."""
    if show is not None:
        from collector.store.layout import Layout
        from collector.store.layouts import statements

        try:
            typer.echo(";\n\n".join(statements(Layout(show), cluster=cluster)) + ";")
        except ValueError as error:
            fail(str(error))
        return
    from collector.store import open_store
    from collector.store.migrate import upgrade
    from collector.store.retention import apply_retention

    settings = read_settings()
    with friendly():
        typer.echo(f"{settings.dsn} is at revision {upgrade(settings.dsn)}")
        with open_store(settings.dsn) as store:
            apply_retention(store, settings.store.retention_days)
        typer.echo(f"events are kept for {settings.store.retention_days} days")


def expire(app: App = None) -> None:
    """Delete the events of apps that keep them for fewer days than the others."""
    print_json(perform("expire", {"app": app}))


def delete(
    app: OneApp,
    session: Annotated[str | None, typer.Option(help="One session; all of the app when left out.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Really all of an app.")] = False,
    note: Note = "",
    author: Author = "admin",
) -> None:
    """Delete what an app's pages reported, or one session of it, for good."""
    if session is None and not yes:
        fail(f"this deletes all that {app} ever reported: add --yes, or name one session with --session")
    print_json(perform("delete", {"app": app, "session": session, "note": note, "author": author}))


Folder = Annotated[Path, typer.Option(help="The backup's folder.")]


def backup(folder: Folder) -> None:
    """Back the embedded store and the spool up into a new folder; a running collector does it itself."""
    print_json(perform("backup", {"folder": str(folder.resolve())}))


def restore(folder: Folder) -> None:
    """Make the data folder that a backup is of. It has to be empty."""
    from collector.operations import archive

    settings = read_settings()
    with friendly():
        print_json(archive.restore(settings, folder.resolve()).model_dump(mode="json"))
