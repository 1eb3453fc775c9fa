"""The ``inferfleet`` command: its groups of commands, put together."""

from typing import Annotated

import typer

from collector import __version__
from collector.cli.apps import apps
from collector.cli.audit import audit
from collector.cli.config import enable, kill, publish, rollback
from collector.cli.dashboards import dashboards
from collector.cli.decisions import explain, leaks, recommend
from collector.cli.group import Group
from collector.cli.keys import keys
from collector.cli.serve import serve
from collector.cli.store import backup, delete, expire, migrate, restore

app = typer.Typer(
    name="inferfleet",
    help="Watches machine-learning models that run in people's browsers, and makes them run better.",
    no_args_is_help=True,
    rich_markup_mode=None,  # Rich draws boxes, and loading it takes twice as long as all the rest of `--help`
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback(cls=Group)
def root(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Global options."""


for command in (
    serve,
    migrate,
    recommend,
    publish,
    rollback,
    kill,
    enable,
    explain,
    leaks,
    expire,
    delete,
    backup,
    restore,
):
    app.command()(command)
app.add_typer(apps, name="apps", no_args_is_help=True)
app.add_typer(keys, name="keys", no_args_is_help=True)
app.command()(audit)
app.add_typer(dashboards, name="dashboards", no_args_is_help=True)
