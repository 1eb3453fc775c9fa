"""``inferfleet variants build``, ``add`` and ``setup``."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from collector.cli.examples import example
from collector.cli.options import Json
from collector.cli.terminal import fail, show
from collector.cli.variants_build_text import StepLine, tell_added, tell_built

if TYPE_CHECKING:
    from collector.variants import Step, Tool

Made = TypeVar("Made")
Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="VARIANT",
        help="float16, uint16, uint8; of ONNX float16, int8; can be repeated. Without it: all.",
    ),
]
KeepFloat = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="Weights that stay float32, by name; can be repeated."),
]
ShardSize = Annotated[
    int,
    typer.Option(
        metavar="BYTES",
        min=16 * 1024,
        max=1024**3,
        help="The largest file of weights of a TensorFlow.js model.",
    ),
]
ShortNames = Annotated[
    bool,
    typer.Option(
        "--short-names",
        help="Short names for inner nodes (TensorFlow.js). Not for a page that runs some of them by name.",
    ),
]
SetupAllowed = Annotated[
    bool, typer.Option("--setup/--no-setup", help="Set the converters up when they are missing.")
]


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
    only: Only = None,
    keep_float: KeepFloat = None,
    shard_size: ShardSize = 4 * 1024**2,
    short_names: ShortNames = False,
    setup_allowed: SetupAllowed = True,
    as_json: Json = False,
) -> None:
    """Build float16, uint16, uint8 or int8 variants of a model, through the converters of its engine."""
    from collector.variants import Order, build_variants

    order = Order(
        model=model,
        to=to,
        name=_checked(name or _name_of(model)),
        only=tuple(only or ()),
        keep_float=tuple(keep_float or ()),
        shard_bytes=shard_size,
        short_names=short_names,
    )
    tool = _installed_tool(allowed=setup_allowed)
    built = _with_steps(lambda watch: build_variants(tool, order, watch))
    show(
        {"folder": str(to), **built.model_dump(mode="json", exclude_unset=True)}, tell_built, as_json=as_json
    )


def add(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL",
            help="A model that can stand in for the folder's: pruned, distilled, another head.",
        ),
    ],
    to: Annotated[Path, typer.Option(metavar="DIR", help="The folder that `variants build` made.")],
    variant: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="What it is called there: pooled joins as pooled, pooled-float16 and so on."
        ),
    ],
    *,
    only: Only = None,
    keep_float: KeepFloat = None,
    shard_size: ShardSize = 4 * 1024**2,
    short_names: ShortNames = False,
    setup_allowed: SetupAllowed = True,
    as_json: Json = False,
) -> None:
    """Add another model to a folder of variants, with its float16, uint16, uint8 or int8 variants."""
    from collector.contract.vocabulary import ORIGINAL
    from collector.variant_folder import BadFile, read_built
    from collector.variants import Order, add_variants

    if _checked(variant, "--variant") in ("source", ORIGINAL):
        fail(f"--variant {variant} is what the others are compared with: choose another name")
    longest = f"{variant}-float16"
    if len(longest) > 64:
        fail(f"--variant {variant} is too long: {longest} has {len(longest)} characters, 64 are the most")
    order = Order(
        model=model,
        to=to.absolute(),
        name="",
        only=tuple(only or ()),
        keep_float=tuple(keep_float or ()),
        shard_bytes=shard_size,
        short_names=short_names,
    )
    try:
        read_built(to)  # before the converters are set up for nothing
        tool = _installed_tool(allowed=setup_allowed)
        added = _with_steps(lambda watch: add_variants(tool, order, variant, watch))
    except BadFile as error:
        fail(str(error))
    record = added.variants.model_dump(mode="json", exclude_unset=True)
    shown = {"folder": str(to), **record, "added": list(added.new)}
    show(shown, tell_added, as_json=as_json)


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


def _with_steps(work: "Callable[[Callable[[Step], None]], Made]") -> "Made":
    from collector.variants import BuildRefused

    line = StepLine()
    try:
        return work(line.show)
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


def _checked(name: str, option: str = "--name") -> Any:
    from pydantic import TypeAdapter, ValidationError

    from collector.contract.wire_model import Name
    from collector.mistakes import sentence

    try:
        return TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        fail(f"{option} {re.sub(r'[^ -~]', '?', name)}: {sentence(error.errors(include_url=False)[0])}")


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
    (
        "add",
        add,
        example(
            "inferfleet variants add pooled.keras --to variants/face --variant pooled",
            "inferfleet variants add pruned.onnx --to variants/voice --variant pruned --only int8",
        ),
    ),
    ("setup", setup, example("inferfleet variants setup")),
]
"""Each command with its name and the examples of its help."""
