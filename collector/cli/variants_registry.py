"""``inferfleet variants register``, ``list``, ``show``, ``remove``, ``budget``: what the fleet may choose."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.examples import example
from collector.cli.model_registry import models
from collector.cli.options import Author, Json, Note, OneApp, Yes
from collector.cli.terminal import confirm, fail, print_model
from collector.cli.variants_registry_text import tell_budget, tell_history, tell_list, tell_registered

if TYPE_CHECKING:
    from collector.models import Registration

MOST_JSON = 1 << 20
"""Bytes of a file of ``--from``."""
Model = Annotated[str, typer.Option(metavar="MODEL", help="The model's name in the app.")]
AnyModel = Annotated[
    str | None, typer.Option(metavar="MODEL", help="The model's name in the app; that of the folder.")
]
Variant = Annotated[str, typer.Option(metavar="NAME", help="The variant.")]


def register(
    app: OneApp,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="A folder of variants, with variants.json.", show_default=False),
    ] = None,
    *,
    url_base: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where DIR itself is served. Without it: where its published.json says.",
        ),
    ] = None,
    evaluation: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What was measured of the folder; evaluation.json in it."),
    ] = None,
    model: AnyModel = None,
    variant: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="One variant that was made elsewhere; original for the source."),
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where pages load the variant from: https://, / or ./.")
    ] = None,
    size: Annotated[int | None, typer.Option("--bytes", metavar="N", help="Bytes of all its files.")] = None,
    agreement: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Share of outputs that agree with the original's, 0 to 1."),
    ] = None,
    accuracy: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Its accuracy on labelled data, 0 to 1.")
    ] = None,
    accuracy_of: Annotated[
        str | None, typer.Option(metavar="METRIC", help="What the accuracy is of, as top1.")
    ] = None,
    samples: Annotated[
        int | None, typer.Option(metavar="N", help="Labelled inputs that the accuracy was measured on.")
    ] = None,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="JSON with these numbers; options come before it."),
    ] = None,
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Register a folder of variants, or one variant that was made elsewhere."""
    one = {
        "variant": variant,
        "url": url,
        "bytes": size,
        "agreement": agreement,
        "accuracy": accuracy,
        "accuracy_of": accuracy_of,
        "samples": samples,
    }
    given = {name: value for name, value in one.items() if value is not None}
    if folder is not None:
        _refuse_beside_folder(given, from_file)
        registrations = _read_folder(
            folder,
            url_base,
            evaluation=evaluation,
            model=model,
        )
    else:
        if url_base is not None or evaluation is not None:
            fail("--url-base and --evaluation are for a folder of variants: name it first")
        registrations = [_read_one(given | ({"model": model} if model else {}), from_file)]
    made = models(lambda models: models.register(app, registrations, author=author, note=note))
    if as_json:
        print_model(made)
    else:
        tell_registered(made)


def list_variants(
    app: OneApp,
    model: Annotated[
        str | None, typer.Option(metavar="MODEL", help="One model. Without it: all of the app's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the variants of an app's models, and what the accuracy gate says of each."""
    found = models(lambda models: models.list(app, model or ""))
    if as_json:
        print_model(found)
    else:
        tell_list(found)


def show(app: OneApp, model: Model, variant: Variant, as_json: Json = False) -> None:
    """Show one variant and its history."""
    found = models(lambda models: models.show(app, model, variant))
    if as_json:
        print_model(found)
    else:
        tell_history(found)


def remove(
    app: OneApp,
    model: Model,
    variant: Variant,
    *,
    yes: Yes = False,
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Take a variant out of the registry. Its history and its files stay."""
    confirm(f"Remove {variant} of {model}? The next decision of {app} does not choose it any more.", yes=yes)
    removed = models(lambda models: models.remove(app, model, variant, author=author, note=note))
    if as_json:
        print_model(removed)
        return
    typer.echo(
        f"{model}/{variant} is removed (version {removed.version}); devices follow with the next "
        "`inferfleet recommend` and `inferfleet publish`"
    )


def budget(
    app: OneApp,
    model: Model,
    *,
    max_accuracy_loss: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="The most accuracy that a variant may lose, 0 to 1."),
    ] = None,
    default: Annotated[
        bool, typer.Option("--default", help="Take it back to recommend.max_accuracy_loss.")
    ] = False,
    note: Note = "",
    author: Author = "admin",
    as_json: Json = False,
) -> None:
    """Say how much accuracy a variant of a model may lose against its original."""
    if (max_accuracy_loss is None) is not default:
        fail("give --max-accuracy-loss or --default, and not both")
    made = models(lambda models: models.set_budget(app, model, max_accuracy_loss, author=author, note=note))
    if as_json:
        print_model(made)
    else:
        tell_budget(made)


REGISTRY: list[tuple[str, Callable[..., None], str]] = [
    (
        "register",
        register,
        example(
            "inferfleet variants register built --app shop",
            "inferfleet variants register built --app shop --url-base https://cdn.example/face/v1",
            "inferfleet variants register --app shop --model face --variant pruned --bytes 412000 "
            "--url https://cdn.example/face/pruned/model.json --agreement 0.996",
            "inferfleet variants register --app shop --model face --variant original --accuracy 0.618 "
            "--accuracy-of top1 --samples 50000",
        ),
    ),
    ("list", list_variants, example("inferfleet variants list --app shop")),
    ("show", show, example("inferfleet variants show --app shop --model face --variant float16")),
    (
        "remove",
        remove,
        example("inferfleet variants remove --app shop --model face --variant uint8 --note 'wrong on faces'"),
    ),
    (
        "budget",
        budget,
        example("inferfleet variants budget --app shop --model face --max-accuracy-loss 0.005"),
    ),
]
"""Each command with its name and the examples of its help."""


def _refuse_beside_folder(given: dict[str, Any], from_file: Path | None) -> None:
    options = {"bytes": "--bytes", "from": "--from"}
    strange = list(given)
    strange += ["from"] if from_file is not None else []
    if strange:
        name = options.get(strange[0], f"--{strange[0].replace('_', '-')}")
        fail(f"a folder is registered with the variants that are in it: leave {name} out")


def _read_folder(
    folder: Path,
    url_base: str | None,
    *,
    evaluation: Path | None,
    model: str | None,
) -> "list[Registration]":
    from collector.models.folder import read_folder
    from collector.variant_folder.bounded_files import BadFile

    try:
        reading = read_folder(
            folder,
            url_base,
            model=model,
            evaluation=evaluation,
        )
    except BadFile as error:
        fail(str(error))
    for warning in reading.warnings:
        typer.echo(f"inferfleet: {warning}", err=True)
    return reading.variants


def _read_one(given: dict[str, Any], from_file: Path | None) -> "Registration":
    from pydantic import TypeAdapter, ValidationError

    from collector.mistakes import sentences
    from collector.models import Registration
    from collector.variant_folder.bounded_files import BadFile, read_bytes

    try:
        told = (
            TypeAdapter(dict[str, Any]).validate_json(read_bytes(from_file, MOST_JSON)) if from_file else {}
        )
        if missing := [name for name in ("model", "variant") if name not in told | given]:
            fail(f"name the {missing[0]} with --{missing[0]}, or a folder of variants")
        return Registration.model_validate(told | given)
    except ValidationError as error:
        fail("\n".join(sentences(error)))
    except BadFile as error:
        fail(str(error))
