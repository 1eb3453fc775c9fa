"""``inferfleet canary``: reference outputs, by which pages find a backend that computes wrong."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.canary_text import tell_canaries, tell_canary, tell_recorded
from collector.cli.chromium_options import (
    Backends,
    EngineFrom,
    Gpu,
    HangSeconds,
    ScaleName,
    names_of,
    told_without_playwright,
)
from collector.cli.examples import example
from collector.cli.group import Group
from collector.cli.model_registry import canaries
from collector.cli.options import Author, Json, Note, OneApp, Yes
from collector.cli.terminal import confirm, fail, print_json, print_model
from collector.cli.variants_evaluate_text import CellsLine

if TYPE_CHECKING:
    from collector.variants.canary import Options, Recording

Model = Annotated[str, typer.Option(metavar="MODEL", help="The model's name in the app.")]


def record(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of variants that were evaluated.")],
    app: OneApp,
    *,
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="The model's name in the app; that of the folder.")
    ] = None,
    given: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="PICTURE|FILE.npz|SCRIPT.py",
            help="Your own reference input, one sample. Without it: numbers that pages compute, too.",
        ),
    ] = None,
    scale: Annotated[
        ScaleName, typer.Option(help="The range of a number that is made, or of a pixel.")
    ] = "0..1",
    values: Annotated[
        int, typer.Option(metavar="N", min=1, max=256, help="How many values of the outputs are kept.")
    ] = 32,
    backends: Backends = None,
    engine_from: EngineFrom = None,
    hang_seconds: HangSeconds = 60.0,
    gpu: Gpu = "software",
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Record what a model answers where it is right, so that pages find out where it is wrong."""
    with told_without_playwright():
        from collector.variants.canary import Options
        from collector.variants.evaluate import EvaluateError
    from collector.contract.authorship import sign

    try:  # what cannot be kept is told before a minute's work, not after it
        sign(author, note, datetime.now(UTC))
    except ValueError as error:
        fail(str(error))
    canaries(lambda registry: registry.list(app, model or ""))
    options = Options(
        given=given,
        scale=scale,
        values=values,
        node_modules=engine_from,
        backends=names_of(backends),
        limit_s=hang_seconds,
        gpu=gpu,
    )
    try:
        recording = _run(folder, options)
    except EvaluateError as error:
        fail(str(error))
    for warning in recording.warnings:
        typer.echo(f"inferfleet: {warning}", err=True)
    from collector.models import CanaryRegistration

    wanted = CanaryRegistration(
        model=model or recording.model,
        canary=recording.canary,
        contents=recording.contents,
        evidence=recording.evidence.model_dump(mode="json")
        | {"input": recording.input.model_dump(mode="json"), "values": recording.values},
    )
    kept = canaries(lambda registry: registry.register(app, wanted, author=author, note=note))
    if as_json:
        print_json({"recording": recording.model_dump(mode="json"), "kept": kept.model_dump(mode="json")})
    else:
        tell_recorded(folder, recording, kept)


def list_canaries(
    app: OneApp,
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="One model. Without it: all of the app's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the canaries of an app's models, and whether the next publication has them."""
    found = canaries(lambda registry: registry.list(app, model or ""))
    if as_json:
        print_model(found)
    else:
        tell_canaries(found)


def show(app: OneApp, model: Model, as_json: Json = False) -> None:
    """Show the canary of a model and its history."""
    found = canaries(lambda registry: registry.show(app, model))
    if as_json:
        print_model(found)
    else:
        tell_canary(found)


def remove(
    app: OneApp,
    model: Model,
    *,
    yes: Yes = False,
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Take the canary of a model away. Its history stays."""
    confirm(f"Remove the canary of {model}? Pages of {app} do not check the model any more.", yes=yes)
    removed = canaries(lambda registry: registry.remove(app, model, author=author, note=note))
    if as_json:
        print_model(removed)
        return
    typer.echo(
        f"the canary of {model} is removed (version {removed.version}); devices follow with the next "
        "`inferfleet publish`"
    )


def _run(folder: Path, options: "Options") -> "Recording":
    import asyncio

    from collector.variants.canary import record as run

    line = CellsLine()
    try:
        return asyncio.run(run(folder, options, line.show))
    finally:
        line.clear()


canary = typer.Typer(cls=Group, help="Reference outputs: how pages find a backend that computes wrong.")
for name, command, shown in (
    (
        "record",
        record,
        example(
            "inferfleet canary record built --app shop",
            "inferfleet canary record built --app shop --scale -1..1",
            "inferfleet canary record built --app shop --input face.png",
        ),
    ),
    ("list", list_canaries, example("inferfleet canary list --app shop")),
    ("show", show, example("inferfleet canary show --app shop --model face")),
    ("remove", remove, example("inferfleet canary remove --app shop --model face --note 'new model'")),
):
    canary.command(name, epilog=shown)(command)
