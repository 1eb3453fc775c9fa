"""``inferfleet dashboards build`` and ``push``."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

import os
from pathlib import Path
from typing import Annotated

import typer

from collector.cli.group import Group
from collector.cli.terminal import fail

dashboards = typer.Typer(
    cls=Group, help="Grafana's boards and alert rules, from the same panels as the fleet page."
)


@dashboards.command()
def build(
    out: Annotated[Path, typer.Option(help="The folder to write Grafana's JSON to.")] = Path("grafana"),
) -> None:
    """Write boards and alert rules as files for Grafana's provisioning."""
    from dashboards import build as write_files

    for path in write_files(out):
        typer.echo(path)


@dashboards.command()
def push(
    url: Annotated[
        str, typer.Option(help="Grafana's address, with its sub-path if it has one: https://grafana.example.")
    ],
    datasource: Annotated[
        str, typer.Option(help="Uid or name of the ClickHouse data source that the alert rules ask.")
    ] = "inferfleet-clickhouse",
    runbooks: Annotated[
        str, typer.Option(help="Where the runbooks can be opened, for example https://wiki.example/ml.")
    ] = "docs/runbooks",
) -> None:
    """Send boards and alert rules to a running Grafana; its token comes from INFERFLEET_GRAFANA_TOKEN.

    Example: inferfleet dashboards push --url https://intranet.example/grafana --datasource ClickHouse
    """
    from dashboards import push as send
    from dashboards.grafana.errors import PushError

    try:
        summary = send(
            url, os.environ.get("INFERFLEET_GRAFANA_TOKEN", ""), datasource=datasource, runbooks=runbooks
        )
    except PushError as error:
        fail(str(error))
    for uid in summary.boards:
        typer.echo(f"board {uid}")
    for uid in summary.rules:
        typer.echo(f"rule {uid}")
