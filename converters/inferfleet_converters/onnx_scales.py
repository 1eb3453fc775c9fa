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
    """A weight is about ``levels`` times all ``scales``: int8 of its shape, float32 of as many dimensions.

    A scale has one number for each index of one axis, or a single one.
    """

    levels: Array
    scales: tuple[NDArray[np.float32], ...]


def quantise(values: Array) -> Stored:
    """Symmetric int8 of finite floats of any shape, with the scales that are worth their bytes."""
    whole = values.astype(np.float64)
    axes = [axis for axis, size in enumerate(whole.shape) if size > 1 and 4 * size <= MOST_BYTES * whole.size]
    steps = (
        [_stored(whole, None)],
        [_stored(whole, axis) for axis in axes],
        [_twice(whole, one, other) for one in axes for other in axes if one != other],
    )
    best, least = steps[0][0], _error(whole, steps[0][0])
    for made in steps[1:]:
        error, found = min(((_error(whole, each), each) for each in made), key=_first, default=(np.inf, best))
        if error <= WORTH * least:
            best, least = found, error
    return best


def restored(stored: Stored) -> Floats:
    """What a reader computes from it."""
    values: Floats = stored.levels.astype(np.float64)
    for scale in stored.scales:
        values = values * scale
    return values


def _first(pair: tuple[float, Stored]) -> float:
    return pair[0]


def _error(values: Floats, stored: Stored) -> float:
    return float(np.sqrt(np.mean((restored(stored) - values) ** 2)))


def _stored(values: Floats, axis: int | None) -> Stored:
    scale = (_largest(values, axis) / LARGEST).astype(np.float32)
    scale = np.where(scale > 0, scale, np.float32(1))
    levels = np.clip(np.rint(values / scale), -LARGEST, LARGEST)
    return Stored(levels.astype(np.int8), (scale,))


def _twice(values: Floats, axis: int, other: int) -> Stored:
    """Scales along both, in turn, until the largest values along each are alike (Sinkhorn's scaling)."""
    rest, by_other = values, np.ones([1] * values.ndim)
    for _ in range(STEPS):
        rest = rest / np.sqrt(_largest(rest, axis))
        by = np.sqrt(_largest(rest, other))
        rest, by_other = rest / by, by_other * by
    second = by_other.astype(np.float32)
    made = _stored(values / second, axis)
    return made._replace(scales=(*made.scales, second))


def _largest(values: Floats, axis: int | None) -> Floats:
    """Along an axis or of all, with all dimensions kept; 1 where all are 0."""
    others = None if axis is None else tuple(each for each in range(values.ndim) if each != axis)
    found: Floats = np.abs(values).max(axis=others, keepdims=True)
    return np.where(found > 0, found, 1.0)
