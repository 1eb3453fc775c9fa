"""The ``inferfleet`` command line. Thin: it reads the settings, composes the parts and prints what they say."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import structlog
import typer

from collector import __version__
from collector.settings import BadSettings, Settings, load_settings
from collector.store import StoreError

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

    configure_logs()
    log = structlog.get_logger("inferfleet")
    settings = _settings()
    listen = settings.api.model_copy(
        update={name: value for name, value in (("host", host), ("port", port)) if value is not None}
    )
    settings = settings.model_copy(update={"api": listen})
    try:
        bound = serving.bind(listen.host, listen.port)
        collector = Collector.open(settings, url=listen.public_url or serving.url_of(bound))
    except (serving.PortUnusable, DataDirInUse, DataDirUnusable, StoreError) as error:
        _fail(str(error))
    if not settings.apps:
        log.warning(
            "no_apps",
            advice="every report is refused until an app is declared: "
            """INFERFLEET_APPS='{"demo": {"keys": ["demo-key"]}}', or [apps.demo] in inferfleet.toml""",
        )
    log.info("serving", url=collector.url, store=str(settings.dsn), data_dir=str(settings.data_dir.resolve()))
    try:
        started = serving.run(create_app(collector), bound, graceful_seconds=listen.graceful_seconds)
    finally:
        collector.stop()
    log.info("stopped")
    if not started:
        raise typer.Exit(1)


@app.command()
def migrate() -> None:
    """Bring the store's tables to this version."""
    from collector.store.migrate import upgrade

    settings = _settings()
    with _friendly():
        typer.echo(f"{settings.dsn} is at revision {upgrade(settings.dsn)}")


def _settings() -> Settings:
    try:
        return load_settings()
    except BadSettings as error:
        _fail(str(error))


@contextmanager
def _friendly() -> Iterator[None]:
    """One line in place of a traceback, for what a user can mend."""
    try:
        yield
    except StoreError as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    for line in message.splitlines():
        typer.echo(f"inferfleet: {line}", err=True)
    raise typer.Exit(1)


def main() -> None:
    """The entry point of the installed command."""
    app()


if __name__ == "__main__":
    sys.exit(main())
