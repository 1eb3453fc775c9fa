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
        LayoutName | None, typer.Option("--show", help="Print the SQL for such a place, and change nothing.")
    ] = None,
    cluster: Annotated[str, typer.Option(help="The cluster's name, for --show cluster.")] = "default",
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
    """Delete the events of apps that keep them for fewer days than the others."""
    show(perform("expire", {"app": app}), tell_expire, as_json=as_json)


def delete(
    app: OneApp,
    session: Annotated[str | None, typer.Option(help="One session; all of the app when left out.")] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Really all of an app.")] = False,
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Delete what an app's pages reported, or one session of it, for good."""
    if session is None and not yes:
        fail(f"this deletes all that {app} ever reported: add --yes, or name one session with --session")
    done = perform("delete", {"app": app, "session": session, "note": note, "author": author})
    show(done, tell_delete, as_json=as_json)


Folder = Annotated[Path, typer.Option(help="The backup's folder.")]


def backup(folder: Folder, as_json: Json = False) -> None:
    """Back the embedded store and the spool up into a new folder; a running collector does it itself."""
    show(perform("backup", {"folder": str(folder.resolve())}), tell_backup, as_json=as_json)


def restore(folder: Folder, as_json: Json = False) -> None:
    """Make the data folder that a backup is of. It has to be empty."""
    from collector.operations import archive

    settings = read_settings()
    with friendly():
        made = archive.restore(settings, folder.resolve()).model_dump(mode="json")
    show(made, tell_restore, as_json=as_json)
