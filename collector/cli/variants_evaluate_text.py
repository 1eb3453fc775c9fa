"""An evaluation in words and a table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from collector.cli.live_line import LiveLine, bar
from collector.cli.summaries import many
from collector.cli.terminal import print_table

if TYPE_CHECKING:
    from collector.variants.evaluate import Progress


class CellsLine(LiveLine):
    """How far an evaluation is. A cell takes seconds: in a log, each has its line."""

    in_logs = True

    def show(self, progress: "Progress") -> None:
        """Called when a cell begins."""
        if self.due(progress.doing):
            line = bar_line if self.terminal else plain_line
            self.write(line(progress, self.seconds), progress.doing)


def bar_line(progress: "Progress", seconds: float) -> str:
    """``[#####     ] 5 of 16 cells, 42 s, uint8 on webgl``."""
    return f"{bar(progress.cells, progress.of)} {plain_line(progress, seconds)}"


def plain_line(progress: "Progress", seconds: float) -> str:
    """``5 of 16 cells, 42 s, uint8 on webgl``."""
    return f"{progress.cells} of {many(progress.of, 'cell')}, {seconds:.0f} s, {progress.doing}"


def tell_evaluation(report: Mapping[str, Any]) -> None:
    """A line for each cell, then for each variant, then what to know about the backends."""
    tool = report["tool"]
    typer.echo(
        f"{report['model']} on {tool['engine']} {tool['engine_version']}, Chromium {tool['browser_major']}; "
        f"{report['task']} on {many(report['inputs']['samples'], 'input')} ({report['inputs']['kind']})"
    )
    _tell_outputs(report)
    print_table(
        (
            "VARIANT",
            "BACKEND",
            "BYTES",
            "BROTLI",
            "LOAD",
            "FIRST",
            "P75",
            "BACKEND ERROR",
            "ACCURACY",
            "VERDICT",
        ),
        [_row(variant, cell) for variant in report["variants"] for cell in variant["cells"]],
    )
    for variant in report["variants"]:
        typer.echo(_verdict(variant, report["task"]))
        for warning in variant["warnings"]:
            typer.echo(f"  {warning}")
        for cell in variant["cells"]:
            if cell["message"]:
                typer.echo(f"  {cell['backend']}: {cell['message']}")
    _tell_backends(report["backends"])
    for warning in report["warnings"]:
        typer.echo(f"note: {warning}")


def _tell_outputs(report: Mapping[str, Any]) -> None:
    if report["carry"]:
        said = ", ".join(f"{output} becomes {given}" for output, given in report["carry"].items())
        typer.echo(
            f"carried from call to call: {said}; {many(report['inputs']['sequences'], 'sequence')} of calls"
        )
    if judged := report["outputs"]["judged_by"]:
        typer.echo(f"variants are judged by {', '.join(judged)}; backends by all outputs")


def _row(variant: Mapping[str, Any], cell: Mapping[str, Any]) -> tuple[str, ...]:
    same = "" if cell["first_from"] is None else "*"  # of the same graph, measured cold once
    return (
        variant["name"],
        cell["backend"],
        f"{variant['bytes']:,}",
        "-" if variant["brotli_bytes"] is None else f"{variant['brotli_bytes']:,}",
        _ms(cell["load_ms"]),
        _ms(cell["first_ms"]) + same,
        _ms(cell["ready_ms"]["p75"]),
        "-" if cell["backend_error"] is None else f"{cell['backend_error']:.1e}",
        "-" if cell["accuracy"] is None else f"{cell['accuracy']['top1']:.3f}",
        "accepted" if cell["accepted"] else ", ".join(cell["refused_by"]),
    )


def _verdict(variant: Mapping[str, Any], task: str) -> str:
    said = "accepted" if variant["accepted"] else f"refused by {', '.join(variant['refused_by'])}"
    error, loss = variant["error"], variant["loss"]
    parts = []
    if error is not None and variant["name"] != "source":
        parts.append(f"relative error {_share(error['relative'])}, largest {_plain(error['max_abs'])}")
        if task == "classification":
            parts.append(f"same first class {error['top1']:.1%}")
        if task == "detection":
            parts.append(f"overlap of boxes {error['iou']:.3f}")
    if variant["accuracy"] is not None:
        accuracy = variant["accuracy"]
        parts.append(
            f"accuracy {accuracy['top1']:.3f} ({accuracy['low']:.3f} to {accuracy['high']:.3f}), "
            f"top 5 {accuracy['top5']:.3f}"
        )
    if loss is not None and variant["name"] != "source":
        parts.append(f"loss {loss['top1']:+.3f} ({loss['low']:+.3f} to {loss['high']:+.3f})")
    return f"{variant['name']}: {said}" + "".join(f"; {part}" for part in parts)


def _tell_backends(backends: Mapping[str, Any]) -> None:
    agreeing = ", ".join(backends["agreeing"])
    by = {"majority": "by majority", "referee": "the referee", "alone": "alone"}[backends["decided_by"]]
    typer.echo(f"backends that agree on the source ({by}): {agreeing}, within {backends['tolerance']:.1e}")
    for backend in backends["wrong"]:
        typer.echo(f"wrong backend: {backend} computes something else, without an error")
    for backend in backends["not_finite"]:
        typer.echo(f"not finite: {backend} computes NaN or infinity from the source")


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
