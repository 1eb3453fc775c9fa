"""The variants of a folder as an evaluation takes them: whole, with the graph and the format of each."""

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from collector.variant_folder import SOURCE, BadFile, BuiltVariant, BuiltVariants, TensorSpec, read_built
from collector.variant_folder.bounded_files import check_file, place_in, read_bytes
from collector.variant_folder.built import Engine
from collector.variants.evaluate.errors import EvaluateError

MOST_TOPOLOGY_BYTES = 256 << 20
"""Of a model.json."""


def read_subjects(folder: Path) -> BuiltVariants:
    """The variants of a folder, with a source that samples can be made for.

    Raises:
        EvaluateError: variants.json does not fit, lacks the source, or leaves open what an input is.
    """
    try:
        built = read_built(folder)
    except BadFile as error:
        raise EvaluateError(str(error)) from error
    source = built.find(SOURCE)
    if source is None:
        raise EvaluateError(
            f"{folder}: no variant is named {SOURCE!r}: without it there is nothing to compare with"
        )
    if not source.inputs:
        raise EvaluateError(f"{folder}: the source has no input, so no sample can be given to it")
    for spec in source.inputs:
        _check_known(spec)
    return built


def source_of(built: BuiltVariants) -> BuiltVariant:
    """The float reference; ``read_subjects`` made sure of it."""
    return next(variant for variant in built.variants if variant.name == SOURCE)


def damage(folder: Path, variant: BuiltVariant) -> str | None:
    """What is wrong with a variant's files, or None: each must have its length and SHA-256."""
    try:
        for file in variant.files:
            check_file(folder, file.path, size=file.bytes, sha256=file.sha256)
    except BadFile as error:
        return str(error)
    return None


class Described(NamedTuple):
    """What loads a variant, and a name for its graph: variants of one graph run the same operations."""

    format: str
    graph: str


def describe(folder: Path, variant: BuiltVariant, engine: Engine) -> Described:
    """Reads the model that a variant is entered by.

    Raises:
        EvaluateError: it is not a model of this engine.
    """
    if engine == "ort":
        return Described("onnx", variant.id)
    try:
        model = json.loads(read_bytes(place_in(folder, variant.entry), MOST_TOPOLOGY_BYTES, variant.entry))
        topology = model["modelTopology"]
    except BadFile as error:
        raise EvaluateError(str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise EvaluateError(
            f"{variant.entry} is no model.json of TensorFlow.js: build the variants again"
        ) from error
    canonical = json.dumps(topology, sort_keys=True, separators=(",", ":")).encode()
    return Described(str(model.get("format", "layers-model")), hashlib.sha256(canonical).hexdigest())


def _check_known(spec: TensorSpec) -> None:
    if spec.dtype is None or spec.shape is None:
        what = "type" if spec.dtype is None else "number of dimensions"
        raise EvaluateError(
            f"the model leaves the {what} of its input {spec.name!r} open: export it with one that is fixed"
        )
