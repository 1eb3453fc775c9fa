"""``inferfleet publish``, ``rollback``, ``kill``, ``enable``: what devices get."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from collector.cli.options import App, Author, Json, Note, OneApp
from collector.cli.performing import perform
from collector.cli.summaries import tell_publish
from collector.cli.terminal import fail, read_settings, show

if TYPE_CHECKING:
    from collector.remote_config import ConfigService


def publish(
    context: typer.Context,
    app: App = None,
    *,
    out: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Also write the documents as files: a folder or URL.")
    ] = None,
    scheduled: Annotated[
        bool,
        typer.Option(
            "--scheduled",
            help="For cron: leave an app alone after a rollback or kill, as the schedule does.",
        ),
    ] = False,
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Send the newest decisions to devices, as their config."""
    if out is not None and app is None:
        fail("--out writes one app's documents: name it with --app")
    if scheduled:
        source = context.get_parameter_source("author")
        if source is not None and source.name == "COMMANDLINE":  # not from INFERFLEET_AUTHOR
            fail("--scheduled publishes in the schedule's name: leave --author out")
        author = "job"
    made = perform("publish", {"app": app, "note": note, "author": author})
    if out is not None:
        made["files"] = _export(str(app), out)
    show(made, tell_publish, as_json=as_json)


def _export(app: str, out: str) -> list[str]:
    from collector.operations.remote import FetchedDocuments
    from collector.remote_config.export import export

    fetched = FetchedDocuments(perform("documents", {"app": app})["documents"])
    try:
        return [str(path) for path in export(cast("ConfigService", fetched), out, app)]
    except (
        OSError,
        ValueError,
        ImportError,
    ) as error:  # a folder, a URL, or the part of fsspec that it needs
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        fail(f"the version is published, but its documents cannot be written to {out}: {why}")


def rollback(
    app: OneApp,
    version: Annotated[
        int, typer.Option(metavar="N", min=0, help="The version to serve again; 0 for no plan at all.")
    ],
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Serve an older config version again."""
    made = perform("rollback", {"app": app, "version": version, "note": note, "author": author})
    plans = f"the plans of version {version}" if version else "no plan: their own defaults"
    _show(made, f"pages of {app} get {plans}", as_json=as_json)


def kill(app: OneApp, note: Note = "", author: Author = "admin", as_json: Json = False) -> None:
    """Switch an app off: its pages measure and steer nothing."""
    made = perform("kill", {"app": app, "note": note, "author": author})
    _show(made, f"{app} is switched off: its pages measure nothing and steer nothing", as_json=as_json)


def enable(app: OneApp, note: Note = "", author: Author = "admin", as_json: Json = False) -> None:
    """Switch an app on again, after `kill`."""
    made = perform("enable", {"app": app, "note": note, "author": author})
    _show(made, f"{app} is switched on again, with the plans that it had", as_json=as_json)


REPORT_SECONDS = 60
"""A page reports at least so often while its models run (the SDK's ``LONGEST_WINDOW_MS``), and learns of
a new config from the answer."""


def _show(made: dict[str, Any], effect: str, *, as_json: bool) -> None:
    show(made, lambda version: _tell(version, effect), as_json=as_json)


def _tell(made: Mapping[str, Any], effect: str) -> None:
    config = read_settings().config
    started = config.max_age_seconds
    running = REPORT_SECONDS + config.refresh_seconds
    typer.echo(
        f"{effect} (config version {made['version']}). A running page follows with its next report, within "
        f"about {running:.0f} s; a page that starts follows within {started:.0f} s, the age of a cached "
        "config. A cache that cannot reach the collector may serve the old one for "
        f"{config.stale_seconds / 3600:g} h."
    )
