"""Scales of int8 weights: one for the whole, or one for each row, column or both. Pure.

Weights that are stored only are turned into float32 before anything computes with them, so a scale may belong
to any axis, also to that of the inputs. Where some inputs are weighted far more than others, a scale for each
output alone leaves few of the 127 steps to the others.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .float_weights import Array

LARGEST = 127
MOST_BYTES = 0.06
"""What the scales of an axis may add to the bytes of a weight."""
WORTH = 0.9
"""More scales are taken when the error falls to this share of what it was, or below."""
STEPS = 30

Floats = NDArray[np.float64]


class Stored(NamedTuple):
    """``values`` are about ``levels * scale * second``, each scale along its axis; no axis: one number.

    Attributes:
        levels: int8, of the weight's shape.
        axis: of ``scale``.
        scale: float32, one number for each index of the axis.
        second_axis: of ``second``.
        second: float32; None where one scale is enough.
    """

    levels: Array
    axis: int | None
    scale: Array
    second_axis: int | None = None
    second: Array | None = None


def quantise(values: Array, *, per_axis: bool) -> Stored:
    """Symmetric int8 with the scales that are worth their bytes.

    Args:
        values: finite floats of any shape.
        per_axis: whether the reader can apply scales along an axis; otherwise there is one for all.
    """
    whole = values.astype(np.float64)
    best, least = _stored(whole, None), _error(whole, _stored(whole, None))
    if not per_axis:
        return best
    axes = [
        axis for axis, size in enumerate(values.shape) if size > 1 and 4 * size <= MOST_BYTES * values.size
    ]
    found = [(_error(whole, made), made) for made in (_stored(whole, axis) for axis in axes)]
    if found:
        error, made = min(found, key=lambda each: each[0])
        if error <= WORTH * least:
            best, least = made, error
    pairs = [
        (_error(whole, made), made)
        for made in (_twice(whole, one, other) for one in axes for other in axes if one != other)
    ]
    if pairs:
        error, made = min(pairs, key=lambda each: each[0])
        if error <= WORTH * least:
            best = made
    return best


def restored(stored: Stored) -> Floats:
    """What a reader computes from it."""
    shape = [1] * stored.levels.ndim
    values = stored.levels.astype(np.float64) * _along(stored.scale, stored.axis, shape)
    if stored.second is not None:
        values = values * _along(stored.second, stored.second_axis, shape)
    return values


def _error(values: Floats, stored: Stored) -> float:
    return float(np.sqrt(np.mean((restored(stored) - values) ** 2)))


def _stored(values: Floats, axis: int | None) -> Stored:
    scale = _scale(values, axis)
    levels = np.rint(values / _along(scale, axis, [1] * values.ndim))
    return Stored(np.clip(levels, -LARGEST, LARGEST).astype(np.int8), axis, scale)


def _twice(values: Floats, axis: int, other: int) -> Stored:
    """Both axes in turn, until the largest values along each are alike (as Sinkhorn's scaling does it)."""
    shape = [1] * values.ndim
    second = np.ones(values.shape[other])
    first = np.ones(values.shape[axis])
    for _ in range(STEPS):
        first *= np.sqrt(_largest(values / (_along(first, axis, shape) * _along(second, other, shape)), axis))
        second *= np.sqrt(
            _largest(values / (_along(first, axis, shape) * _along(second, other, shape)), other)
        )
    second = second.astype(np.float32)
    made = _stored(values / _along(second, other, shape), axis)
    return made._replace(second_axis=other, second=second)


def _scale(values: Floats, axis: int | None) -> Array:
    """Such that the largest value is the largest level; 1 where all are 0."""
    largest = np.abs(values).max(keepdims=True).ravel() if axis is None else _largest(values, axis)
    scale = np.where(np.any(values), largest / LARGEST, 1.0).astype(np.float32)
    return np.where(scale > 0, scale, np.float32(1)).astype(np.float32)


def _largest(values: Floats, axis: int) -> Floats:
    """Along an axis; 1 where all are 0."""
    found = np.abs(values).max(axis=tuple(each for each in range(values.ndim) if each != axis))
    return np.where(found > 0, found, 1.0)


def _along(scale: Array, axis: int | None, shape: list[int]) -> Floats:
    sizes = list(shape)
    if axis is not None:
        sizes[axis] = -1
    return scale.astype(np.float64).reshape(sizes)
