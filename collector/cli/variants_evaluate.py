"""``inferfleet variants evaluate``: measures variants in a real browser."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

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
from collector.cli.options import Json
from collector.cli.terminal import fail, show
from collector.cli.variants_evaluate_text import CellsLine, tell_evaluation

if TYPE_CHECKING:
    from collector.variants.evaluate import Options

TaskName = Literal["auto", "regression", "classification", "detection"]


def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder with variants.json.")],
    *,
    inputs: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER|FILE.npz|SCRIPT.py",
            help="Pictures, arrays, or a script with inputs(). Without it: random values and edges.",
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="The class of each input: `input,label`, or `label` in order."),
    ] = None,
    carry: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OUTPUT=INPUT",
            help="This output of one sample is that input of the next one: a state. May be given again.",
        ),
    ] = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="An output that your app reads: variants are judged by these alone. May be given again.",
        ),
    ] = None,
    postprocess: Annotated[
        Path | None,
        typer.Option(
            metavar="SCRIPT.py",
            help="A script with postprocess(outputs): variants are compared by what the app reads.",
        ),
    ] = None,
    task: Annotated[TaskName, typer.Option(help="How outputs are compared.")] = "auto",
    backends: Backends = None,
    engine_from: EngineFrom = None,
    scale: Annotated[ScaleName, typer.Option(help="The range of a pixel, or of a random value.")] = "0..1",
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed, the same random inputs.")] = 0,
    runs: Annotated[
        int, typer.Option(metavar="N", min=2, max=1000, help="Warm predictions to time in each cell.")
    ] = 10,
    cell_seconds: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0, max=3600, help="Predictions of one cell end after so long."),
    ] = 5.0,
    hang_seconds: HangSeconds = 60.0,
    max_accuracy_loss: Annotated[
        float,
        typer.Option(metavar="SHARE", min=0, max=1, help="With labels: the most that a variant may lose."),
    ] = 0.01,
    max_error: Annotated[
        float,
        typer.Option(metavar="SHARE", min=0, help="Regression without labels: the largest relative error."),
    ] = 0.05,
    min_top1: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            min=0,
            max=1,
            help="Classification without labels: the same first class as the source.",
        ),
    ] = 0.99,
    min_iou: Annotated[
        float,
        typer.Option(
            metavar="SHARE", min=0, max=1, help="Detection: the mean overlap with the source's boxes."
        ),
    ] = 0.9,
    gpu: Gpu = "software",
    as_json: Json = False,
) -> None:
    """Measure each variant on each backend of a real Chromium, and refuse by evidence."""
    with told_without_playwright():
        from collector.variants.evaluate import EvaluateError, Limits, Options, Pace
    options = Options(
        inputs=inputs,
        labels=labels,
        postprocess=postprocess,
        task=task,
        backends=names_of(backends),
        node_modules=engine_from,
        scale=scale,
        seed=seed,
        limits=Limits(max_accuracy_loss, max_error, min_top1, min_iou),
        pace=Pace(runs, cell_seconds, hang_seconds),
        gpu=gpu,
        carry=carry or (),
        outputs=outputs or (),
    )
    try:
        report = _run(folder, options)
    except EvaluateError as error:
        fail(str(error))
    show(report, tell_evaluation, as_json=as_json)


def _run(folder: Path, options: "Options") -> dict[str, Any]:
    import asyncio

    from collector.variants.evaluate import evaluate as run

    line = CellsLine()
    try:
        return asyncio.run(run(folder, options, line.show))
    finally:
        line.clear()


EVALUATION: list[tuple[str, Callable[..., None], str]] = [
    (
        "evaluate",
        evaluate,
        example(
            "inferfleet variants evaluate variants/face --inputs photos",
            "inferfleet variants evaluate variants/digits --inputs test.npz --labels test.csv",
            "inferfleet variants evaluate variants/voice --inputs speech.py --carry stateN=state "
            "--outputs output",
        ),
    )
]
"""The command with its name and the examples of its help."""
