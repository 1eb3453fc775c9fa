"""``inferfleet publish``, ``rollback``, ``kill``, ``enable``: what devices get."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from typing import TYPE_CHECKING, Annotated, cast

import typer

from collector.cli.options import App, Author, Note, OneApp
from collector.cli.performing import perform
from collector.cli.terminal import fail, print_json

if TYPE_CHECKING:
    from collector.remote_config import ConfigService


def publish(
    app: App = None,
    out: Annotated[
        str | None, typer.Option(help="Also write the documents as files: a folder or URL.")
    ] = None,
    scheduled: Annotated[
        bool, typer.Option(help="For cron: keep to a rollback or kill, as the collector's own schedule does.")
    ] = False,
) -> None:
    """Make the newest decisions the config that devices get."""
    if out is not None and app is None:
        fail("--out writes one app's documents: name it with --app")
    print_json(perform("publish", {"app": app, "author": "job" if scheduled else None}))
    if out is not None:
        from collector.operations.remote import FetchedDocuments
        from collector.remote_config.export import export

        fetched = FetchedDocuments(perform("documents", {"app": app})["documents"])
        for path in export(cast("ConfigService", fetched), out, str(app)):
            typer.echo(path)


def rollback(
    app: OneApp,
    version: Annotated[int, typer.Option(help="0 is no plan at all.")],
    note: Note = "",
    author: Author = "admin",
) -> None:
    """Serve an older config version again."""
    print_json(perform("rollback", {"app": app, "version": version, "note": note, "author": author}))


def kill(app: OneApp, note: Note = "", author: Author = "admin") -> None:
    """Kill switch: SDKs of the app measure nothing and steer nothing."""
    print_json(perform("kill", {"app": app, "note": note, "author": author}))


def enable(app: OneApp, note: Note = "", author: Author = "admin") -> None:
    """Take the kill switch back."""
    print_json(perform("enable", {"app": app, "note": note, "author": author}))
