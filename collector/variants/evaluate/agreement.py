"""Which backends compute the same, and which one is wrong. Pure.

The reference is the median of those that agree; what they differ by among themselves gives the tolerance. All
distances are relative to the size of the output they are in: 0.01 is one per cent of its largest value.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Outputs = Sequence[Sequence[Array]]
"""``outputs[sample][port]``."""

FLOOR = 2.0**-23 * 1024
"""What float32 arithmetic in another order can do to a deep network: ten bits of the 24, 1.2e-4."""
SPREAD = 10.0
"""A backend agrees within so many times the spread of those that agree."""
COARSE = 0.01
"""Backends that differ by more than this do not agree, however few there are."""
TINY = 1e-3
"""An output this much smaller than that of other samples is measured against theirs."""

DecidedBy = Literal["majority", "referee", "alone"]


class Judgement(NamedTuple):
    """``distance`` has each backend's largest difference from the reference.

    ``reference[i]`` is of the sample ``samples[i]``: where most backends are not finite, nothing is compared.
    ``drifts``: they agree where sequences begin, and no longer later.
    """

    decided_by: DecidedBy
    agreeing: tuple[str, ...]
    wrong: tuple[str, ...]
    not_finite: tuple[str, ...]
    spread: float
    tolerance: float
    distance: dict[str, float]
    samples: tuple[int, ...]
    reference: list[list[Array]]
    drifts: bool = False


def judge(outputs: Mapping[str, Outputs], referee: str, *, floor: float = FLOOR) -> Judgement:
    """Judges what backends computed for the same samples, at least one backend and one sample.

    A majority decides: the tightest set of more than half of the finite backends is right, unless it differs
    by more than ``COARSE`` or spans two camps. Then the referee is right (or the first backend without it).
    """
    count = min(len(samples) for samples in outputs.values())
    kept = _usable_samples({name: samples[:count] for name, samples in outputs.items()})
    usable: dict[str, Outputs] = {name: [samples[at] for at in kept] for name, samples in outputs.items()}
    finite = [name for name, samples in usable.items() if _finite(samples)]
    not_finite = tuple(name for name in usable if name not in finite)
    candidates = finite or list(usable)
    pairs = {
        frozenset(pair): distance(usable[pair[0]], usable[pair[1]]) for pair in combinations(candidates, 2)
    }
    core, spread = _core(candidates, pairs, floor)
    decided_by: DecidedBy = "majority"
    if core is None:
        decided_by = "alone" if len(candidates) == 1 else "referee"
        core, spread = (referee if referee in candidates else candidates[0],), 0.0
    tolerance = min(max(floor, SPREAD * spread), max(floor, COARSE))
    reference = median([usable[name] for name in core])
    away = {name: distance(usable[name], reference) for name in usable}
    agreeing = tuple(name for name in candidates if name in core or away[name] <= tolerance)
    wrong = tuple(name for name in candidates if name not in agreeing)
    return Judgement(decided_by, agreeing, wrong, not_finite, spread, tolerance, away, kept, reference)


def _core(
    names: Sequence[str], pairs: Mapping[frozenset[str], float], floor: float
) -> tuple[tuple[str, ...] | None, float]:
    """The tightest majority and its spread; None where none is tight enough to be believed."""
    if len(names) < 2:
        return None, 0.0
    size = len(names) // 2 + 1

    def diameter(group: Sequence[str]) -> float:
        return max(pairs[frozenset(pair)] for pair in combinations(group, 2))

    best = min(combinations(names, size), key=diameter)
    spread = diameter(best)
    # Two right and two wrong backends: a majority of three spans both camps, far wider than the tighter one.
    two_camps = size > 2 and spread > SPREAD * max(floor, SPREAD * min(pairs.values()))
    return (None, 0.0) if spread > COARSE or two_camps else (best, spread)


def distance(one: Outputs, other: Outputs) -> float:
    """The largest relative difference of any output; infinite where shapes differ or one is not finite."""
    sizes = _sizes(other)
    worst = 0.0
    for sample, (left, right) in enumerate(zip(one, other, strict=False)):
        if len(left) != len(right):
            return float("inf")
        for port, (a, b) in enumerate(zip(left, right, strict=True)):
            if a.shape != b.shape:
                return float("inf")
            if not a.size:
                continue
            if a.dtype.kind in "iub":  # a class or a count is right or wrong
                worst = max(worst, float(np.mean(a != b)))
                continue
            gap = float(np.max(np.abs(a.astype(np.float64) - b.astype(np.float64))))
            if not np.isfinite(gap):
                return float("inf")
            worst = max(worst, gap / sizes[sample][port])
    return worst


def median(backends: Sequence[Outputs]) -> list[list[Array]]:
    """Element by element; of two backends their mean, and of whole numbers the first backend's."""
    return [
        [
            ports[0]
            if ports[0].dtype.kind in "iub" or any(array.shape != ports[0].shape for array in ports)
            else np.median(np.stack([array.astype(np.float64) for array in ports]), axis=0)
            for ports in zip(*samples, strict=True)
        ]
        for samples in zip(*backends, strict=True)
    ]


def _sizes(outputs: Outputs) -> list[list[float]]:
    """The largest value of each output, and at least a thousandth of what the output usually has."""
    tops = [[_top(array) for array in sample] for sample in outputs]
    usual = [float(np.median([sample[port] for sample in tops])) for port in range(len(tops[0]))]
    return [
        [max(top, TINY * usual[port], float(np.finfo(np.float32).tiny)) for port, top in enumerate(sample)]
        for sample in tops
    ]


def _top(array: Array) -> float:
    if not array.size or array.dtype.kind == "b":
        return 1.0
    values = np.abs(array.astype(np.float64))
    return float(np.max(values[np.isfinite(values)], initial=0.0))


def _finite(samples: Outputs) -> bool:
    return all(
        bool(np.isfinite(array).all()) for sample in samples for array in sample if array.dtype.kind == "f"
    )


def _usable_samples(outputs: Mapping[str, Outputs]) -> tuple[int, ...]:
    """Without the samples on which most backends are not finite: the model itself is not, there."""
    every = range(len(next(iter(outputs.values()))))
    kept = tuple(
        at for at in every if 2 * sum(_finite([samples[at]]) for samples in outputs.values()) >= len(outputs)
    )
    return kept or tuple(every)
