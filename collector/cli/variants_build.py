"""``inferfleet variants build`` and ``setup``."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.examples import example
from collector.cli.options import Json
from collector.cli.terminal import fail, show
from collector.cli.variants_build_text import StepLine, tell_built

if TYPE_CHECKING:
    from collector.variant_folder import BuiltVariants
    from collector.variants import Order, Tool


def build(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL",
            help="The folder of a SavedModel, or a .keras, .h5, .onnx or model.json file, in float32.",
        ),
    ],
    to: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="The folder for the variants. It must be new, empty, or an earlier build's."
        ),
    ],
    *,
    name: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="The model's name, as pages give it. Without it: the file's or folder's."
        ),
    ] = "",
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VARIANT",
            help="float16, uint16, uint8; of ONNX float16, int8; can be repeated. Without it: all.",
        ),
    ] = None,
    keep_float: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Weights that stay float32, by name; can be repeated."),
    ] = None,
    shard_size: Annotated[
        int,
        typer.Option(
            metavar="BYTES",
            min=16 * 1024,
            max=1024**3,
            help="The largest file of weights of a TensorFlow.js model.",
        ),
    ] = 4 * 1024**2,
    setup_allowed: Annotated[
        bool, typer.Option("--setup/--no-setup", help="Set the converters up when they are missing.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Build float16, uint16, uint8 or int8 variants of a model, through the converters of its engine."""
    from collector.variants import Order

    order = Order(
        model=model,
        to=to,
        name=_checked(name or _name_of(model)),
        only=tuple(only or ()),
        keep_float=tuple(keep_float or ()),
        shard_bytes=shard_size,
    )
    tool = _installed_tool(allowed=setup_allowed)
    built = _build(tool, order)
    show({"folder": str(to), **built.model_dump(mode="json")}, tell_built, as_json=as_json)


def setup(as_json: Json = False) -> None:
    """Install the converters into an environment of their own: 3.1 GB, once for each version of them."""
    from collector.variants import find_tool

    tool = find_tool()
    installed = _set_up(tool)
    show(
        {"environment": str(tool.environment), "installed": installed},
        lambda told: typer.echo(
            f"the converters are {'set up' if told['installed'] else 'set up already'}: {told['environment']}"
        ),
        as_json=as_json,
    )


def _installed_tool(*, allowed: bool) -> "Tool":
    from collector.variants import find_tool

    tool = find_tool()
    if not tool.installed:
        if not allowed or not sys.stderr.isatty():
            fail(
                "the converters are not set up: run `inferfleet variants setup` (3.1 GB, a few minutes, once)"
            )
        typer.echo(f"setting up the converters, once: 3.1 GB in {tool.environment}", err=True)
        _set_up(tool)
    return tool


def _set_up(tool: "Tool") -> bool:
    from collector.variants import SetupFailed, set_up

    line = StepLine()
    try:
        return set_up(tool, line.show)
    except SetupFailed as error:
        line.clear()
        fail(str(error))
    finally:
        line.clear()


def _build(tool: "Tool", order: "Order") -> "BuiltVariants":
    from collector.variants import BuildRefused, build_variants

    line = StepLine()
    try:
        return build_variants(tool, order, line.show)
    except BuildRefused as error:
        line.clear()
        fail(str(error))
    finally:
        line.clear()


def _name_of(model: Path) -> str:
    """A name from the path: of ``face/model.json`` it is the folder's, of ``face.onnx`` the file's."""
    path = model.absolute()
    if path.name in ("model.json", "saved_model.pb", "model.onnx"):
        path = path.parent
    return path.stem if path.is_file() else path.name


def _checked(name: str) -> Any:
    from pydantic import TypeAdapter, ValidationError

    from collector.contract.report import Name
    from collector.mistakes import sentence

    try:
        return TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        fail(f"--name {re.sub(r'[^ -~]', '?', name)}: {sentence(error.errors(include_url=False)[0])}")


BUILDING: list[tuple[str, Callable[..., None], str]] = [
    (
        "build",
        build,
        example(
            "inferfleet variants build saved_model --to variants/face --name face",
            "inferfleet variants build model.onnx --to variants/voice --only int8",
            "inferfleet variants build model.json --to variants/face --keep-float '*/classifier/*'",
        ),
    ),
    ("setup", setup, example("inferfleet variants setup")),
]
"""Each command with its name and the examples of its help."""
