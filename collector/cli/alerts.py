"""``inferfleet alerts``: where findings are told."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from enum import StrEnum
from typing import Annotated

import typer

from collector.cli.examples import example
from collector.cli.group import Group
from collector.cli.options import Json
from collector.cli.terminal import fail, print_model, print_table, read_settings

alerts = typer.Typer(cls=Group, help="Where findings are told.")


class SeverityName(StrEnum):
    """Those of ``collector.contract.finding``, which would load pydantic."""

    WARNING = "warning"
    CRITICAL = "critical"


@alerts.callback()
def group() -> None:
    """Where findings are told."""


@alerts.command(
    epilog=example("inferfleet alerts test", "inferfleet alerts test --target alertmanager --owner web")
)
def test(
    *,
    target: Annotated[
        str | None, typer.Option(metavar="NAME", help="One target, as logs name it. Without it: all.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option(metavar="NAME", help="The owner that the test is for, to try a route.")
    ] = None,
    severity: Annotated[SeverityName, typer.Option(help="How urgent the test says it is.")] = (
        SeverityName.WARNING
    ),
    as_json: Json = False,
) -> None:
    """Send a marked test to each target, and show how it answered. It opens no finding."""
    from pydantic import TypeAdapter, ValidationError

    from collector.alerts.trial import try_targets
    from collector.contract.finding import Severity
    from collector.contract.owner import Owner
    from collector.operations.logs import configure_logs

    configure_logs()
    settings = read_settings()
    if owner is not None:
        try:
            TypeAdapter(Owner).validate_python(owner)
        except ValidationError:
            fail(f"an owner's name is up to 63 of a-z, 0-9, - and _, and {owner!r} is not")
    try:
        made = try_targets(settings.alerts, target=target, owner=owner, severity=Severity(severity.value))
    except ValueError as error:
        fail(str(error))
    if as_json:
        print_model(made)
    else:
        typer.echo(f"sent {made.finding_id}, marked as a test")
        print_table(
            ("TARGET", "TAKEN", "ANSWER"),
            [(one.target, "yes" if one.taken else "no", one.answer) for one in made.targets],
        )
        if not settings.alerts.fleet_page_url:
            typer.echo("alerts.fleet_page_url is not set: alerts carry no link to the fleet page")
    if not made.passed:
        raise typer.Exit(1)
