"""The made reference input: numbers that Python and a page compute alike, to the last bit.

Vectors that both languages are tested with: tests/vectors/canary.json.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from collector.variant_folder import TensorSpec
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.inputs.inputs import Array, Scale, dtype_of


def made_input(ports: Sequence[TensorSpec], scale: Scale) -> dict[str, Array]:
    """An array for each input of a model. A free leading dimension becomes 1.

    Raises:
        EvaluateError: another dimension is free, or an input holds no numbers.
    """
    return {port.name: _fill(_shape(port), np.dtype(dtype_of(port)), scale) for port in ports}


def noise(count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The first numbers of a fixed sequence in [0, 1): a hash of 1, 2, 3, ... in steps of 2^-24."""
    h = np.arange(1, count + 1, dtype=np.uint32)
    h *= np.uint32(0x9E3779B1)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x85EBCA77)
    h ^= h >> np.uint32(13)
    return (h >> np.uint32(8)) / np.float64(2**24)


def _fill(shape: tuple[int, ...], dtype: np.dtype[Any], scale: Scale) -> Array:
    values = noise(math.prod(shape))
    if dtype.kind == "b":
        values = np.floor(values * 2)
    elif scale == "0..255":
        # Of an int8 the upper half would not fit.
        values = np.floor(values * (128 if dtype == np.int8 else 256))
    elif dtype.kind in "iu":
        values = np.floor(values * 2)
    elif scale == "-1..1":
        values = values * 2 - 1
    return values.astype(dtype).reshape(shape)


def _shape(port: TensorSpec) -> tuple[int, ...]:
    first, *rest = port.dimensions or (1,)
    if not port.dimensions:
        return ()
    if None in rest:
        raise EvaluateError(
            f"the input {port.name!r} has a free dimension beside its first, whose size nobody can guess: "
            "give the reference input with --input (an .npz or a script)"
        )
    return (1 if first is None else first, *(size for size in rest if size is not None))
