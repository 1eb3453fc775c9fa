"""``inferfleet serve``."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

import time
from typing import Annotated

import typer

from collector.cli.terminal import fail, read_settings


def serve(
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Address to listen on; overrides api.host.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=0, max=65535, help="Port, 0 for a free one; overrides api.port."),
    ] = None,
) -> None:
    """Take reports, serve configs and the fleet page."""
    import structlog

    from collector.api.app import create_app
    from collector.api.collector import Collector
    from collector.api.serving import server as serving
    from collector.operations.logs import configure_logs
    from collector.operations.owner import DataDirInUse, DataDirUnusable
    from collector.remote_config.signing import InvalidSigningKey
    from collector.store import StoreError

    configure_logs()
    log = structlog.get_logger("inferfleet")
    settings = read_settings()
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
        fail(str(error))
    if not collector.apps:
        log.warning(
            "no_apps",
            advice="every report is refused until there is an app: `inferfleet apps add --app demo`, "
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
