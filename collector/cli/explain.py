"""``inferfleet explain``: why a model runs the way it does; ``explain leak``: which lines leak."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from pathlib import Path
from typing import Annotated

import typer

from collector.cli.examples import example
from collector.cli.group import GroupThatActs
from collector.cli.options import Json
from collector.cli.performing import perform
from collector.cli.terminal import fail, show

explain = typer.Typer(cls=GroupThatActs)

Model = Annotated[str | None, typer.Option(metavar="MODEL", help="The model.")]
App = Annotated[str | None, typer.Option(metavar="APP", help="The app.")]


@explain.callback(
    invoke_without_command=True,
    epilog=example(
        "inferfleet explain --app shop --model blazeface",
        "inferfleet explain --app shop --model blazeface --device-class form=mobile,os=android",
        "inferfleet explain leak 3f9c2b7a1d04e586 --source-maps dist",
    ),
)
def decisions(
    context: typer.Context,
    app: App = None,
    model: Model = None,
    device_class: Annotated[
        str | None, typer.Option(metavar="CLASS", help="A device class. Without it: all classes.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print why a model runs the way it does; or, with leak ID, which lines of the app leak."""
    if context.invoked_subcommand is not None:
        return
    if app is None or model is None:
        raise typer.BadParameter("--app and --model are needed; or say what to explain: leak ID")
    found = perform("explain", {"app": app, "model": model, "device_class": device_class})
    show(found, lambda explained: typer.echo(explained["text"]), as_json=as_json)


@explain.command("leak", epilog=example("inferfleet explain leak 3f9c2b7a1d04e586 --source-maps dist"))
def leak(
    finding: Annotated[str, typer.Argument(metavar="ID", help="The finding's id, or its first digits.")],
    source_maps: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The build's scripts and source maps. They are read here and go nowhere.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print a leak's finding, and the lines that made what stays (the SDK's leakTrace)."""
    from collector.cli.explain_leak import BadFolder, lines_of, tell_leak

    explained = perform("explain_leak", {"finding": finding})
    try:
        explained |= lines_of(explained, source_maps)
    except BadFolder as error:
        fail(str(error))
    show(explained, tell_leak, as_json=as_json)
