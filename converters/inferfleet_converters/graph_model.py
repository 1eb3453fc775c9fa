"""A graph model of TensorFlow.js: model.json and the weights that it names, read with suspicion."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .canonical import read_json
from .float_weights import SMALL, Array
from .refusal import Refused
from .source import MAX_BYTES, inside

ITEM_BYTES = {"float32": 4, "int32": 4, "bool": 1, "complex64": 8}
MAX_WEIGHTS = 100_000
MAX_RANK = 8


@dataclass(frozen=True)
class GraphModel:
    """A model in memory.

    Attributes:
        document: model.json as it was read, ``weightsManifest`` included.
        weights: each weight by name, in the manifest's order; strings as arrays of ``object``.
    """

    document: dict[str, Any]
    weights: dict[str, Array]

    def floats(self) -> dict[str, Array]:
        """The float32 weights."""
        return {name: values for name, values in self.weights.items() if values.dtype == np.float32}


def manifest_files(document: dict[str, Any], folder: Path, name: str) -> list[Path]:
    """The files of weights that a model.json names, each checked to lie in its folder.

    Raises:
        Refused: the manifest is none, or a file is missing or elsewhere.
    """
    return [path for group in _groups(document, name) for path in _group_files(group, folder, name)]


def read_graph_model(path: Path) -> GraphModel:
    """Reads a graph model, or the weights of a layers model.

    Raises:
        Refused: it is quantised already, not whole, not finite, or not what it says.
    """
    document = read_json(path)
    groups = _groups(document, path.name)
    names: set[str] = set()
    for group in groups:
        _check_group(group, path, names)
    from tensorflowjs.read_weights import read_weights  # noqa: PLC0415 - takes seconds, so after the checks

    try:
        entries = read_weights(groups, str(path.parent), flatten=True)
    except (ValueError, IndexError) as error:  # strings, whose length only reading tells
        raise Refused(
            f"the weights of {path.name} cannot be read ({error}): is the download whole?"
        ) from error
    weights = {entry["name"]: entry["data"] for entry in entries}
    check_finite(weights)
    return GraphModel(document, weights)


def check_finite(weights: dict[str, Array]) -> None:
    """Refuses weights that are not finite: JavaScript cannot read their range, and no result would be right.

    A small constant may be infinite, as is the lowest score that non-maximum suppression takes.

    Raises:
        Refused: a weight has a NaN or an infinity.
    """
    for name, values in weights.items():
        if values.dtype.kind in "fc":
            bad = np.isnan(values) if values.size <= SMALL else ~np.isfinite(values)
            if bad.any():
                raise Refused(
                    f"{int(bad.sum()):,} of {values.size:,} values of the weight {name} are NaN or "
                    "infinite: train or export the model again; a mask can use -1e9 in place of -inf"
                )


def _groups(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    groups = document.get("weightsManifest")
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise Refused(f"{name} has no weightsManifest, which names its weights: convert the model again")
    return groups


def _group_files(group: dict[str, Any], folder: Path, name: str) -> list[Path]:
    paths = group.get("paths")
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise Refused(f"{name} has a group of weights without paths: convert the model again")
    return [inside(folder, path, name) for path in paths]


def _check_group(group: dict[str, Any], path: Path, names: set[str]) -> None:
    """That the specifications are sound, and that the files have the bytes that these need."""
    files = _group_files(group, path.parent, path.name)
    weights = group.get("weights")
    if not isinstance(weights, list) or not all(isinstance(weight, dict) for weight in weights):
        raise Refused(f"{path.name} has a group of weights without weights: convert the model again")
    if len(weights) + len(names) > MAX_WEIGHTS:
        raise Refused(f"{path.name} has over {MAX_WEIGHTS:,} weights, which is no model")
    needed, exact = 0, True
    for weight in weights:
        name = weight.get("name")
        if not isinstance(name, str) or name in names:
            raise Refused(f"{path.name} has a weight without a name, or two of one name: {name!r}")
        names.add(name)
        if weight.get("quantization") is not None:
            raise Refused(
                f"the model is quantised already ({name}), and a second time would keep the first loss: "
                "give the float32 model that it was made from"
            )
        count = _count(weight.get("shape"), name)
        dtype = weight.get("dtype")
        if dtype == "string":
            exact = False
        elif dtype in ITEM_BYTES:
            needed += count * ITEM_BYTES[dtype]
        else:
            raise Refused(
                f"the weight {name} has the dtype {dtype!r}, and TensorFlow.js reads {', '.join(ITEM_BYTES)}"
            )
    there = sum(file.stat().st_size for file in files)
    if there > MAX_BYTES:
        raise Refused(f"{path.name} names {there:,} bytes of weights, which no browser can hold")
    if there < needed or (exact and there != needed):
        raise Refused(
            f"{path.name} needs {needed:,} bytes of weights, and "
            f"{', '.join(file.name for file in files) or 'no file'} have {there:,}: a file was cut off or "
            "belongs to another model; copy all of them again"
        )


def _count(shape: Any, name: str) -> int:
    fits = (
        isinstance(shape, list)
        and len(shape) <= MAX_RANK
        and all(
            isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= MAX_BYTES for size in shape
        )
    )
    if not fits:
        raise Refused(f"the weight {name} has the shape {shape!r}, which is none: convert the model again")
    count = 1
    for size in shape:
        count *= size
    return count
