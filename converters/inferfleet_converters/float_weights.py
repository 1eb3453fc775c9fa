"""Which float weights a variant leaves as they are, and why."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from .refusal import Refused

Array = NDArray[np.generic]

SMALL = 32
"""Values up to which a weight is a constant of the graph: nothing to save, and often an epsilon or a mask."""
FLOAT16_MAX = 65504.0
LOST_SHARE = 0.9
SHOWN = 5


def asked_to_keep(names: Sequence[str], globs: Sequence[str]) -> set[str]:
    """The weights that the globs name. A glob that is a weight's name as it is means that weight.

    Raises:
        Refused: a glob names no weight.
    """
    kept: set[str] = set()
    for glob in globs:
        found = {name for name in names if name == glob} or {
            name for name in names if fnmatchcase(name, glob)
        }
        if not found:
            some = ", ".join(sorted(names)[:SHOWN])
            raise Refused(f"--keep-float {glob} matches no weight; the model's float weights are {some}, ...")
        kept |= found
    return kept


def kept_float(weights: Mapping[str, Array], kind: str, asked: set[str]) -> dict[str, str]:
    """The float32 weights that stay float in this kind of variant, each with why.

    Args:
        weights: all float32 weights by name.
        kind: ``float16``, ``uint16``, ``uint8`` or ``int8``.
        asked: names that the caller wants kept.
    """
    kept: dict[str, str] = {}
    for name, values in weights.items():
        why = "--keep-float" if name in asked else _why(values, kind)
        if why:
            kept[name] = why
    return kept


def fits_float16(values: Array) -> bool:
    """Whether no value becomes infinite or 0 in float16."""
    nonzero = np.abs(values[values != 0]).astype(np.float64)
    return bool(np.all(nonzero <= FLOAT16_MAX) and np.all(nonzero.astype(np.float16) != 0))


def _why(values: Array, kind: str) -> str | None:
    if values.ndim == 0 or values.size == 1:
        return "a scalar"
    if values.size <= SMALL:
        return f"a constant of {values.size} values"
    nonzero = np.abs(values[values != 0]).astype(np.float64)
    if nonzero.size == 0:
        return None
    smallest, largest = float(nonzero.min()), float(nonzero.max())
    if kind == "float16":
        if largest > FLOAT16_MAX:
            return f"holds {largest:.3g}, and float16 ends at {FLOAT16_MAX:.0f}"
        # In a vector each value may be what something is divided by. In a matrix the tiny ones drown in
        # the others.
        lost = int((nonzero.astype(np.float16) == 0).sum())
        if lost and (values.ndim == 1 or lost > LOST_SHARE * nonzero.size):
            return f"holds {smallest:.3g}, which is 0 in float16"
        return None
    steps = {"uint16": 65535.0, "uint8": 255.0, "int8": 254.0}[kind]
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    lost = int((nonzero < (high - low) / steps / 2).sum())
    if lost > LOST_SHARE * nonzero.size:
        return f"{lost:,} of {values.size:,} values would be 0 in {kind}: the largest is {largest:.3g}"
    return None
