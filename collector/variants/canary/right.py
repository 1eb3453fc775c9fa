"""The right answer of one variant, and how far a right backend may be from it. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from collector.variants.canary.picks import picks
from collector.variants.evaluate.agreement import SPREAD, Array, Judgement, judge

REFERENCE, BLANK, AGAIN = 0, 1, 2
"""The samples: the reference input, the same shape of zeros, and the reference input once more."""
LEAST = 1e-3
"""The least tolerance, of an output's largest value: each GPU computes exp, tanh and division in its way."""
HALF_FLOATS = 3.0
"""A phone's GPU may be so many times as far away as half floats were here: it computes in them, too."""
UNKNOWN_HALF = 0.01
"""What half floats are taken to do, of an output's largest value, where that could not be measured."""

Answers = Sequence[Sequence[Array]]
"""``answers[sample][output]``."""
Floats = NDArray[np.float64]


class Observed(NamedTuple):
    """``answers[variant][backend]`` of what ran; ``half[variant]`` of WebGL with half floats, if that ran."""

    answers: Mapping[str, Mapping[str, Answers]]
    half: Mapping[str, Answers]
    referee: str


class Answer(NamedTuple):
    """What agreeing backends answer. By output: its values, its size that tolerances are relative to, how far
    right backends may be from it as a share of that, and whether it holds whole numbers."""

    outputs: list[Floats]
    tops: list[float]
    shares: list[float]
    whole: list[bool]
    wrong: tuple[str, ...]


class Right(NamedTuple):
    """The picked values, each with its tolerance."""

    values: Floats
    tolerances: Floats

    def away(self, outputs: Sequence[Array], most: int) -> float:
        """The largest distance of any picked value, in tolerances; infinite where it cannot be compared."""
        taken = picks([array.size for array in outputs], most)
        given = np.concatenate(
            [array.ravel()[at].astype(np.float64) for array, at in zip(outputs, taken, strict=True)]
        )
        if given.shape != self.values.shape or not np.isfinite(given).all():
            return math.inf
        return float(np.max(np.abs(given - self.values) / self.tolerances))


def is_trusted(found: Judgement, agreeing: Sequence[str], referee: str) -> bool:
    """Whether an answer is a reference: two backends give it, of those that ran the most; or nothing but the
    referee ran."""
    if found.decided_by == "majority":
        return len(agreeing) >= 2
    return found.decided_by == "alone" and tuple(agreeing) == (referee,)


def find_answer(
    observed: Observed, variant: str, agreeing: Sequence[str], floor: float, warnings: list[str]
) -> Answer | None:
    """The answer of a variant, by the backends that agree on the source; None where they do not agree on it.

    Args:
        observed: all that was answered.
        variant: its name.
        agreeing: the backends that are right on the source.
        floor: how far, relatively, they may be apart in any case.
        warnings: gets what a user should know.
    """
    answers = observed.answers[variant]
    usable = {name: [answers[name][REFERENCE]] for name in agreeing if name in answers}
    if len(usable) < min(2, len(agreeing)):
        return None
    found = judge(usable, observed.referee, floor=floor)
    if found.not_finite or not is_trusted(found, found.agreeing, observed.referee):
        return None
    blank = answers[found.agreeing[0]][BLANK]
    half = observed.half[variant][REFERENCE] if variant in observed.half else None
    outputs = [array.astype(np.float64) for array in found.reference[0]]
    tops, shares = [], []
    for at, array in enumerate(outputs):
        top = max(_top(array), LEAST * _top(blank[at].astype(np.float64)), float(np.finfo(np.float32).tiny))
        spread = max(_gap(answers[name][REFERENCE][at], array) for name in found.agreeing) / top
        halved = UNKNOWN_HALF / HALF_FLOATS if half is None else _gap(half[at], array) / top
        if not math.isfinite(halved):
            warnings.append(
                f"{variant}: with half floats output {at} is not finite: the canary catches GPUs that "
                "compute in them, and rightly"
            )
            halved = 0.0
        tops.append(top)
        shares.append(max(LEAST, SPREAD * spread, HALF_FLOATS * halved))
    whole = [array.dtype.kind in "iub" for array in found.reference[0]]
    return Answer(outputs, tops, shares, whole, found.wrong)


def choose_values(answer: Answer, shares: Sequence[float], most: int) -> Right:
    """The values of an answer that a canary holds, with no more digits than their tolerance is worth."""
    values, tolerances = [], []
    taken = picks([array.size for array in answer.outputs], most)
    for array, at, top, share, whole in zip(
        answer.outputs, taken, answer.tops, shares, answer.whole, strict=True
    ):
        tolerance = 0.5 if whole else _rounded_up(share * top)
        digits = max(0, 2 - math.floor(math.log10(tolerance)))
        values.append(np.round(array.ravel()[at], digits))
        tolerances.append(np.full(len(at), tolerance))
    return Right(np.concatenate(values), np.concatenate(tolerances))


def _gap(one: Array, other: Array) -> float:
    if one.shape != other.shape:
        return math.inf
    gap = np.abs(one.astype(np.float64) - other.astype(np.float64))
    return float(np.max(gap, initial=0.0))


def _top(array: Floats) -> float:
    return float(np.max(np.abs(array), initial=0.0))


def _rounded_up(tolerance: float) -> float:
    """Two digits, never less than it was."""
    step = 10.0 ** (math.floor(math.log10(tolerance)) - 1)
    return float(f"{math.ceil(tolerance / step) * step:.2g}")
