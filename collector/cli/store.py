"""``inferfleet migrate``, ``backup``, ``restore``, ``expire``, ``delete``: what is kept, and for how long."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from collector.cli.options import App, Author, Json, Note, OneApp
from collector.cli.performing import friendly, perform
from collector.cli.summaries import tell_backup, tell_delete, tell_expire, tell_restore
from collector.cli.terminal import fail, read_settings, show

LayoutName = Literal["server", "cluster", "cloud"]
"""Those of ``collector.store.layout``, which would load the whole store."""


def migrate(
    layout: Annotated[
        LayoutName | None,
        typer.Option("--show", help="Print the SQL for a store of this kind, and change nothing."),
    ] = None,
    cluster: Annotated[
        str, typer.Option(metavar="NAME", help="The cluster's name, for --show cluster.")
    ] = "default",
    as_json: Json = False,
) -> None:
    """Bring the store's tables to this version."""
    if layout is not None:
        from collector.store.layout import Layout
        from collector.store.layouts import statements

        try:
            made = statements(Layout(layout), cluster=cluster)
        except ValueError as error:
            fail(str(error))
        show(
            {"statements": list(made)},
            lambda sql: typer.echo(";\n\n".join(sql["statements"]) + ";"),
            as_json=as_json,
        )
        return
    from collector.store import open_store
    from collector.store.migrate import upgrade
    from collector.store.retention import apply_retention

    settings = read_settings()
    with friendly():
        revision = upgrade(settings.dsn)
        with open_store(settings.dsn) as store:
            apply_retention(store, settings.store.retention_days)
    show(
        {"store": str(settings.dsn), "revision": revision, "retention_days": settings.store.retention_days},
        _tell_migrated,
        as_json=as_json,
    )


def _tell_migrated(summary: Mapping[str, Any]) -> None:
    typer.echo(f"{summary['store']} is at revision {summary['revision']}")
    typer.echo(f"events are kept for {summary['retention_days']} days")


def expire(app: App = None, as_json: Json = False) -> None:
    """Delete events that are older than their app keeps them."""
    show(perform("expire", {"app": app}), tell_expire, as_json=as_json)


def delete(
    app: OneApp,
    session: Annotated[
        str | None, typer.Option(metavar="ID", help="One session. Without it: all of the app.")
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Delete all of the app, and do not ask.")] = False,
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Delete all that an app reported, or one session, for good."""
    if session is None and not yes:
        fail(f"this deletes all that {app} ever reported: add --yes, or name one session with --session")
    done = perform("delete", {"app": app, "session": session, "note": note, "author": author})
    show(done, tell_delete, as_json=as_json)


Folder = Annotated[Path, typer.Option(metavar="FOLDER", help="The backup's folder.")]


def backup(folder: Folder, as_json: Json = False) -> None:
    """Copy store and spool to a new folder. A running collector goes on."""
    show(perform("backup", {"folder": str(folder.resolve())}), tell_backup, as_json=as_json)


def restore(folder: Folder, as_json: Json = False) -> None:
    """Make the data folder, which has to be empty, from a backup."""
    from collector.operations import archive

    settings = read_settings()
    with friendly():
        made = archive.restore(settings, folder.resolve()).model_dump(mode="json")
    show(made, tell_restore, as_json=as_json)
