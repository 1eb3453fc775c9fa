"""``inferfleet dashboards build`` and ``push``."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from collector.cli.examples import example
from collector.cli.group import Group
from collector.cli.options import Json
from collector.cli.terminal import fail, show

dashboards = typer.Typer(cls=Group, help="Boards and alert rules for Grafana.")


@dashboards.command(epilog=example("inferfleet dashboards build --out grafana"))
def build(
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="The folder to write Grafana's JSON to.")
    ] = Path("grafana"),
    as_json: Json = False,
) -> None:
    """Write boards and alert rules as files for Grafana's provisioning."""
    from dashboards import build as write_files

    try:
        files = [str(path) for path in write_files(out)]
    except OSError as error:
        fail(f"cannot write to {error.filename or out}: {error.strerror}; name another folder with --out")
    show({"files": files}, lambda written: typer.echo("\n".join(written["files"])), as_json=as_json)


@dashboards.command(
    epilog=example(
        "inferfleet dashboards push --url https://intranet.example/grafana --datasource ClickHouse"
    )
)
def push(
    url: Annotated[
        str,
        typer.Option(
            metavar="URL", help="Grafana's address, with its sub-path if it has one: https://grafana.example."
        ),
    ],
    datasource: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Uid or name of the ClickHouse data source that the alert rules and boards ask.",
        ),
    ] = "inferfleet-clickhouse",
    runbooks: Annotated[
        str,
        typer.Option(
            metavar="URL", help="Where the runbooks can be opened, for example https://wiki.example/ml."
        ),
    ] = "docs/runbooks",
    as_json: Json = False,
) -> None:
    """Send boards and alert rules to a running Grafana; its token comes from INFERFLEET_GRAFANA_TOKEN."""
    from dashboards import push as send
    from dashboards.grafana.errors import PushError

    try:
        summary = send(
            url, os.environ.get("INFERFLEET_GRAFANA_TOKEN", ""), datasource=datasource, runbooks=runbooks
        )
    except PushError as error:
        fail(str(error))
    show({"boards": list(summary.boards), "rules": list(summary.rules)}, _tell_pushed, as_json=as_json)


def _tell_pushed(summary: Mapping[str, Any]) -> None:
    for what in ("board", "rule"):
        for uid in summary[f"{what}s"]:
            typer.echo(f"{what} {uid}")
