"""Options of the commands that run variants in a real Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from collector.cli.terminal import fail

ScaleName = Literal["0..1", "-1..1", "0..255"]
Backends = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,...", help="Of cpu, wasm, webgl, webgpu. Without it: all that the engine has."
    ),
]
EngineFrom = Annotated[
    Path | None,
    typer.Option(
        metavar="NODE_MODULES",
        help="Where the engine is installed. Without it: the nearest node_modules that has it.",
    ),
]
HangSeconds = Annotated[
    float,
    typer.Option(metavar="SECONDS", min=1, max=3600, help="A load or a prediction that takes longer hangs."),
]
Gpu = Annotated[
    Literal["software", "hardware"],
    typer.Option(help="Compute webgl and webgpu on the processor (repeatable), or on this machine's GPU."),
]


def names_of(backends: str | None) -> list[str] | None:
    """The backends that ``--backends`` names, each once; None for all."""
    return None if backends is None else list(dict.fromkeys(name.strip() for name in backends.split(",")))


@contextmanager
def told_without_playwright() -> Iterator[None]:
    """Imports inside end in one line when the package that drives Chromium is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "playwright":
            raise
        fail("the package playwright drives Chromium, and is missing: pip install 'inferfleet[variants]'")
