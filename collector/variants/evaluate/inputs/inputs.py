"""Inputs of a model, checked against what it declares."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from collector.variant_folder import TensorSpec
from collector.variants.evaluate.errors import EvaluateError

Array = NDArray[Any]
Kind = Literal["images", "npz", "script", "seeded"]
Scale = Literal["0..1", "-1..1", "0..255"]

MAX_INPUTS = 10_000
MAX_BYTES = 2**30
DTYPES = {
    "float32": np.float32,
    "float64": np.float64,
    "float16": np.float16,
    "int8": np.int8,
    "uint8": np.uint8,
    "int16": np.int16,
    "uint16": np.uint16,
    "int32": np.int32,
    "int64": np.int64,
    "bool": np.bool_,
}
"""The types that a page can be given."""


class Inputs(NamedTuple):
    """``samples[i][name]`` is an array of the model's own shape and type; people call it ``names[i]``.

    ``starts`` are the samples that begin a sequence. The others lack the inputs that are outputs of the call
    before them. Without such inputs it is empty.
    """

    kind: Kind
    names: list[str]
    samples: list[dict[str, Array]]
    warnings: tuple[str, ...] = ()
    starts: tuple[int, ...] = ()


def fit(
    sample: Mapping[str, Any], ports: Sequence[TensorSpec], what: str, optional: Collection[str] = ()
) -> dict[str, Array]:
    """One sample as the model wants it: known names, the declared type and shape, all finite.

    A sample without the leading dimension (of a batch) gets one of size 1. Inputs that are ``optional`` may
    be left out.

    Raises:
        EvaluateError: it does not fit; the message begins with ``what``.
    """
    declared = {port.name: port for port in ports}
    if unknown := sorted(sample.keys() - declared.keys()):
        raise EvaluateError(f"{what}: the model has no input {unknown[0]!r}; it has {', '.join(declared)}")
    if missing := [name for name in declared if name not in sample and name not in optional]:
        raise EvaluateError(f"{what}: the input {missing[0]!r} is missing")
    return {
        name: _fit_one(np.asarray(sample[name]), port, what)
        for name, port in declared.items()
        if name in sample
    }


def dtype_of(port: TensorSpec) -> type[np.generic]:
    """Numpy's type for an input.

    Raises:
        EvaluateError: a page cannot be given this type.
    """
    found = None if port.dtype is None else DTYPES.get(port.dtype)
    if found is None:
        raise EvaluateError(
            f"the input {port.name!r} is of type {port.dtype!r}, which cannot be evaluated; "
            f"types that can are {', '.join(DTYPES)}"
        )
    return found


def _fit_one(given: Array, port: TensorSpec, what: str) -> Array:
    wanted = np.dtype(dtype_of(port))
    shape = port.dimensions
    if not np.can_cast(given.dtype, wanted, casting="same_kind"):
        raise EvaluateError(f"{what}: {port.name} is {given.dtype}, the model wants {port.dtype}")
    if shape and shape[0] in (1, None) and _fits(given.shape, shape[1:]):
        given = given[np.newaxis]
    if not _fits(given.shape, shape):
        raise EvaluateError(
            f"{what}: {port.name} has the shape {_said(given.shape)}, the model wants {_said(shape)}"
        )
    made = np.ascontiguousarray(given, dtype=wanted)
    if made.dtype.kind == "f" and not np.isfinite(made).all():
        raise EvaluateError(f"{what}: {port.name} has NaN or infinite values: leave this input out")
    return made


def _fits(given: Sequence[int], wanted: Sequence[int | None]) -> bool:
    return len(given) == len(wanted) and all(
        size in (None, have) for have, size in zip(given, wanted, strict=True)
    )


def _said(shape: Sequence[int | None]) -> str:
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"
