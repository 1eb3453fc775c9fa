"""The ``inferfleet`` command: its groups of commands, put together."""

from collections.abc import Callable
from typing import Annotated

import typer

from collector import __version__
from collector.cli.alerts import alerts
from collector.cli.apps import apps
from collector.cli.audit import audit
from collector.cli.canary import canary
from collector.cli.config import enable, kill, publish, rollback
from collector.cli.dashboards import dashboards
from collector.cli.decisions import leaks, recommend, regressions
from collector.cli.examples import example
from collector.cli.explain import explain
from collector.cli.group import Group
from collector.cli.keys import keys
from collector.cli.serve import serve
from collector.cli.simulate import simulate
from collector.cli.store import backup, delete, expire, migrate, restore
from collector.cli.variants import variants

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


COMMANDS: dict[Callable[..., None], str] = {
    serve: example("inferfleet serve --host 0.0.0.0 --port 8080"),
    migrate: example("inferfleet migrate", "inferfleet migrate --show cluster --cluster main"),
    recommend: example("inferfleet recommend --app shop"),
    publish: example(
        "inferfleet publish --app shop --note 'float16 is good enough'",
        "inferfleet publish --scheduled",
        "inferfleet publish --app shop --out s3://bucket/config",
    ),
    rollback: example("inferfleet rollback --app shop --version 3 --note 'slower on old phones'"),
    kill: example("inferfleet kill --app shop --note 'pages crash'"),
    enable: example("inferfleet enable --app shop"),
    leaks: example("inferfleet leaks --app shop"),
    regressions: example("inferfleet regressions --app shop"),
    simulate: example(
        "inferfleet simulate --table t.csv --sessions 3000 --to http://127.0.0.1:8080 --app my-simulated",
        "inferfleet simulate --table t.csv --sessions 3000 --to http://127.0.0.1:8080 --app my-simulated "
        "--decide-every 300 --hostile 0.1",
    ),
    expire: example("inferfleet expire"),
    delete: example(
        "inferfleet delete --app shop --session K3Qm5tXw8Zr1YbN7VcJd2g --note 'request 7'",
        "inferfleet delete --app shop --yes",
    ),
    backup: example("inferfleet backup --folder /backups/monday"),
    restore: example("inferfleet restore --folder /backups/monday"),
    audit: example("inferfleet audit --app shop --limit 10"),
}
for command, shown in COMMANDS.items():
    app.command(epilog=shown)(command)
app.add_typer(alerts, name="alerts", no_args_is_help=True)
app.add_typer(explain, name="explain")
app.add_typer(apps, name="apps", no_args_is_help=True)
app.add_typer(keys, name="keys", no_args_is_help=True)
app.add_typer(dashboards, name="dashboards", no_args_is_help=True)
app.add_typer(variants, name="variants", no_args_is_help=True)
app.add_typer(canary, name="canary", no_args_is_help=True)
