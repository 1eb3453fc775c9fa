"""Inputs for who gives none: seeded random values and edges, which say little of accuracy."""

from collections.abc import Callable, Sequence

import numpy as np

from collector.variant_folder import TensorSpec
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.inputs.inputs import Array, Inputs, Scale, dtype_of

RANDOM = 5
RANGES: dict[Scale, tuple[float, float]] = {"0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0), "0..255": (0.0, 255.0)}
LARGE = 4.0
"""The edge input called large is this many times the top of the range."""
WARNING = (
    "no --inputs were given: random values and edges show whether backends agree, and little of what "
    "quantisation does to real inputs"
)


def seeded_inputs(ports: Sequence[TensorSpec], scale: Scale, seed: int = 0) -> Inputs:
    """Five random samples, then zeros, ones and large values, of the declared shapes; the same for each seed.

    A free leading dimension becomes 1.

    Raises:
        EvaluateError: another dimension is free, or an input holds no numbers.
    """
    low, high = RANGES[scale]
    random = np.random.default_rng(seed)

    def draw(shape: tuple[int, ...]) -> Array:
        return random.uniform(low, high, shape)

    def large(shape: tuple[int, ...]) -> Array:
        return np.full(shape, LARGE * high)

    makers: list[tuple[str, Callable[[tuple[int, ...]], Array]]] = [
        *((f"random {at}", draw) for at in range(RANDOM)),
        ("zeros", np.zeros),
        ("ones", np.ones),
        ("large", large),
    ]
    shapes = {port.name: _shape(port) for port in ports}
    samples = [{port.name: _as(port, make(shapes[port.name])) for port in ports} for _, make in makers]
    return Inputs("seeded", [name for name, _ in makers], samples, (WARNING,))


def _as(port: TensorSpec, values: Array) -> Array:
    dtype = np.dtype(dtype_of(port))
    if dtype.kind in "iu":  # an index or a length: small, and inside every type
        values = np.clip(np.rint(values), 0, np.iinfo(np.int8).max)
    return np.ascontiguousarray(values > 0 if dtype.kind == "b" else values, dtype=dtype)


def _shape(port: TensorSpec) -> tuple[int, ...]:
    first, *rest = port.dimensions or (None,)
    if not port.dimensions:
        return ()
    if None in rest:
        raise EvaluateError(
            f"the input {port.name!r} has a free dimension beside its first, whose size nobody can guess: "
            "give samples with --inputs (an .npz or a script)"
        )
    return (1 if first is None else first, *(size for size in rest if size is not None))
