"""The ``inferfleet`` command line. Thin: reads the settings, composes the parts, prints what they say."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import structlog
import typer

from collector import __version__
from collector.cli_apps import apps, audit, keys
from collector.store import StoreError, StoreInUse
from collector.store.layout import Layout
from collector.terminal import fail as _fail
from collector.terminal import read_settings as _settings

if TYPE_CHECKING:
    from collector.remote_config import ConfigService

app = typer.Typer(
    name="inferfleet",
    help="Watches machine-learning models that run in people's browsers, and makes them run better.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Global options."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; overrides api.host.")] = None,
    port: Annotated[int | None, typer.Option(help="Port, 0 for a free one; overrides api.port.")] = None,
) -> None:
    """Take reports, serve configs and the fleet page."""
    from collector.api import serving
    from collector.api.app import create_app
    from collector.api.collector import Collector
    from collector.api.logs import configure_logs
    from collector.api.owner import DataDirInUse, DataDirUnusable
    from collector.remote_config.signing import InvalidSigningKey

    configure_logs()
    log = structlog.get_logger("inferfleet")
    settings = _settings()
    listen = settings.api.model_copy(
        update={name: value for name, value in (("host", host), ("port", port)) if value is not None}
    )
    settings = settings.model_copy(update={"api": listen})
    try:
        serving.require_clock(time.time())
        bound = serving.bind(listen.host, listen.port)
        collector = Collector.open(settings, url=listen.public_url or serving.url_of(bound))
    except (
        serving.ClockUnset,
        serving.PortUnusable,
        DataDirInUse,
        DataDirUnusable,
        InvalidSigningKey,
        StoreError,
    ) as error:
        _fail(str(error))
    if not collector.apps:
        log.warning(
            "no_apps",
            advice="every report is refused until there is an app: `inferfleet apps add demo`, "
            """INFERFLEET_APPS='{"demo": {"keys": ["demo-key"]}}', or [apps.demo] in inferfleet.toml""",
        )
    log.info("serving", url=collector.url, store=str(settings.dsn), data_dir=str(settings.data_dir.resolve()))
    try:
        started = serving.run(
            create_app(collector), bound, graceful_seconds=listen.graceful_seconds, limits=settings.limits
        )
    finally:
        collector.stop()
    log.info("stopped")
    if not started:
        raise typer.Exit(1)


@app.command()
def migrate(
    show: Annotated[
        Layout | None, typer.Option("--show", help="Print the SQL for such a place, and change nothing.")
    ] = None,
    cluster: Annotated[str, typer.Option(help="The cluster's name, for --show cluster.")] = "default",
) -> None:
    """Bring the store's tables to this version."""
    if show is not None:
        from collector.store.layouts import statements

        try:
            typer.echo(";\n\n".join(statements(show, cluster=cluster)) + ";")
        except ValueError as error:
            _fail(str(error))
        return
    from collector.store import open_store
    from collector.store.migrate import upgrade
    from collector.store.retention import apply_retention

    settings = _settings()
    with _friendly():
        typer.echo(f"{settings.dsn} is at revision {upgrade(settings.dsn)}")
        with open_store(settings.dsn) as store:
            apply_retention(store, settings.store.retention_days)
        typer.echo(f"events are kept for {settings.store.retention_days} days")


App = Annotated[str | None, typer.Option(help="One app; all when left out.")]
OneApp = Annotated[str, typer.Option(help="The app.")]
Note = Annotated[str, typer.Option(help="Why, for the audit trail.")]
Author = Annotated[str, typer.Option(envvar="INFERFLEET_AUTHOR", help="Who, for the audit trail.")]


@app.command()
def recommend(app: App = None) -> None:
    """Decide for each kind of device which backend and variant to run."""
    _print(_perform("recommend", {"app": app}))


@app.command()
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
        _fail("--out writes one app's documents: name it with --app")
    _print(_perform("publish", {"app": app, "author": "job" if scheduled else None}))
    if out is not None:
        from collector.api.remote import FetchedDocuments
        from collector.remote_config.export import export

        fetched = FetchedDocuments(_perform("documents", {"app": app})["documents"])
        for path in export(cast("ConfigService", fetched), out, str(app)):
            typer.echo(path)


@app.command()
def rollback(
    app: OneApp,
    version: Annotated[int, typer.Option(help="0 is no plan at all.")],
    note: Note = "",
    author: Author = "admin",
) -> None:
    """Serve an older config version again."""
    _print(_perform("rollback", {"app": app, "version": version, "note": note, "author": author}))


@app.command()
def kill(app: OneApp, note: Note = "", author: Author = "admin") -> None:
    """Kill switch: SDKs of the app measure nothing and steer nothing."""
    _print(_perform("kill", {"app": app, "note": note, "author": author}))


@app.command()
def enable(app: OneApp, note: Note = "", author: Author = "admin") -> None:
    """Take the kill switch back."""
    _print(_perform("enable", {"app": app, "note": note, "author": author}))


@app.command()
def explain(
    app: OneApp,
    model: Annotated[str, typer.Option(help="The model.")],
    device_class: Annotated[str | None, typer.Option(help="A device class; all when left out.")] = None,
) -> None:
    """Print why a model runs the way it does."""
    typer.echo(_perform("explain", {"app": app, "model": model, "device_class": device_class})["text"])


@app.command()
def leaks(app: App = None) -> None:
    """Look for memory leaks, and tell whom the settings name."""
    _print(_perform("leaks", {"app": app}))


@app.command()
def expire(app: App = None) -> None:
    """Delete the events of apps that keep them for fewer days than the others."""
    _print(_perform("expire", {"app": app}))


@app.command()
def delete(
    app: OneApp,
    session: Annotated[str | None, typer.Option(help="One session; all of the app when left out.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Really all of an app.")] = False,
    note: Note = "",
    author: Author = "admin",
) -> None:
    """Delete what an app's pages reported, or one session of it, for good."""
    if session is None and not yes:
        _fail(f"this deletes all that {app} ever reported: add --yes, or name one session with --session")
    _print(_perform("delete", {"app": app, "session": session, "note": note, "author": author}))


Folder = Annotated[Path, typer.Argument(help="The backup's folder.")]


@app.command()
def backup(folder: Folder) -> None:
    """Back the embedded store and the spool up into a new folder; a running collector does it itself."""
    _print(_perform("backup", {"folder": str(folder.resolve())}))


@app.command()
def restore(folder: Folder) -> None:
    """Make the data folder that a backup is of. It has to be empty."""
    from collector.api import archive

    settings = _settings()
    with _friendly():
        _print(archive.restore(settings, folder.resolve()).model_dump(mode="json"))


app.add_typer(apps, name="apps", no_args_is_help=True)
app.add_typer(keys, name="keys", no_args_is_help=True)
app.command()(audit)

dashboards = typer.Typer(help="Grafana's boards and alert rules, from the same panels as the fleet page.")
app.add_typer(dashboards, name="dashboards", no_args_is_help=True)


@dashboards.command()
def build(
    out: Annotated[Path, typer.Option(help="The folder to write Grafana's JSON to.")] = Path("grafana"),
) -> None:
    """Write boards and alert rules as files for Grafana's provisioning."""
    from dashboards import build as write_files

    for path in write_files(out):
        typer.echo(path)


@dashboards.command()
def push(url: Annotated[str, typer.Option(help="Grafana's address, https://grafana.example.")]) -> None:
    """Send boards and alert rules to a running Grafana; its token comes from INFERFLEET_GRAFANA_TOKEN."""
    from dashboards import push as send
    from dashboards.grafana.push import PushError

    try:
        summary = send(url, os.environ.get("INFERFLEET_GRAFANA_TOKEN", ""))
    except PushError as error:
        _fail(str(error))
    for uid in summary.boards:
        typer.echo(f"board {uid}")
    for uid in summary.rules:
        typer.echo(f"rule {uid}")


def _perform(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Runs an operation here or, when a collector owns the engine, there. Returns its summary as JSON."""
    from collector.api.logs import configure_logs
    from collector.api.operations import OPERATIONS, Call, open_parts
    from collector.api.remote import OwnerRefused, ask_owner
    from collector.jobs.publish import VersionConflict

    configure_logs()
    settings = _settings()
    try:
        call = Call(**{key: value for key, value in arguments.items() if value is not None})
        try:
            with open_parts(settings) as parts:
                return OPERATIONS[name](parts, call).model_dump(mode="json")
        except StoreInUse as in_use:
            return ask_owner(settings, name, call, in_use)
    except (StoreError, OwnerRefused, ValueError, VersionConflict) as error:
        _fail(str(error))


def _print(summary: dict[str, Any]) -> None:
    typer.echo(json.dumps(summary, indent=2))


@contextmanager
def _friendly() -> Iterator[None]:
    """One line in place of a traceback, for what a user can mend."""
    try:
        yield
    except StoreError as error:
        _fail(str(error))


def main() -> None:
    """The entry point of the installed command."""
    app()


if __name__ == "__main__":
    main()
