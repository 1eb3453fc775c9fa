"""From what backends answered to a canary. Pure.

A canary that accuses a right backend is worse than none, and one that accuses no wrong backend is none: what
does not keep both promises is refused.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from collector.contract.canary import CanaryReference
from collector.contract.vocabulary import ORIGINAL
from collector.variant_folder import SOURCE
from collector.variants.canary.right import (
    AGAIN,
    BLANK,
    REFERENCE,
    Answer,
    Observed,
    Right,
    choose_values,
    find_answer,
    is_trusted,
)
from collector.variants.evaluate.agreement import FLOOR, Array, distance, judge
from collector.variants.evaluate.errors import EvaluateError

ALIKE = 0.25
"""Variants that differ by less than this share of the tolerance have one reference."""
COARSE = 0.05
"""Of an output's largest value: a wider tolerance is worth a warning."""


class Judged(NamedTuple):
    """``caught``: how many tolerances each wrong backend is away, from the variant it is nearest to.

    ``tolerances``: of each output's largest value.
    """

    references: list[CanaryReference]
    agreeing: tuple[str, ...]
    caught: dict[str, float]
    tolerances: list[float]
    warnings: list[str]


def make_canary(observed: Observed, wrong: frozenset[str], most: int) -> Judged:
    """Judges what was observed.

    Args:
        observed: the answers; the source ran on one backend at least.
        wrong: the backends that the evaluation found wrong.
        most: how many values the canary holds.

    Raises:
        EvaluateError: no canary can be made of it; the message says why and what to do.
    """
    agreeing, floor, found_wrong = _agreeing(observed, wrong)
    warnings: list[str] = []
    if len(agreeing) == 1:
        warnings.append(f"only {agreeing[0]} runs this model here: nothing shows whether it computes right")
    answers: dict[str, Answer] = {}
    for variant in observed.answers:
        answer = find_answer(observed, variant, agreeing, floor, warnings)
        if answer is None:
            warnings.append(f"{variant}: backends do not agree on its answer; the canary leaves it out")
        else:
            answers[variant] = answer
    if SOURCE not in answers:
        raise EvaluateError(
            "backends do not agree on the source's answer: give another reference input with --input"
        )
    # What rounding does to one variant is chance: the widest holds for all.
    shares = [max(column) for column in zip(*(each.shares for each in answers.values()), strict=True)]
    warnings += _coarse(shares, answers[SOURCE])
    rights = {variant: choose_values(answer, shares, most) for variant, answer in answers.items()}
    if not all(len(right.values) for right in rights.values()):
        raise EvaluateError("the model's outputs hold no number: there is nothing to compare")
    for variant, right in rights.items():
        _check_power(variant, right, observed, agreeing[0], most)
    return Judged(
        _shared(rights),
        agreeing,
        _caught(observed, rights, {v: wrong | found_wrong | {*a.wrong} for v, a in answers.items()}, most),
        shares,
        warnings,
    )


def _agreeing(observed: Observed, wrong: frozenset[str]) -> tuple[tuple[str, ...], float, frozenset[str]]:
    """The backends that are right on the source, how far they may be apart, and those found wrong here."""
    source = observed.answers[SOURCE]
    if any(array.dtype.kind not in "fiub" for answers in source.values() for array in answers[REFERENCE]):
        raise EvaluateError("the model answers with text: a canary compares numbers")
    for backend, answers in source.items():
        if (
            backend not in wrong
            and _finite(answers[REFERENCE])
            and distance([answers[REFERENCE]], [answers[AGAIN]]) > FLOOR
        ):
            raise EvaluateError(
                f"the model gave two answers to the same input on {backend}: it draws at random or keeps a "
                "state, and no answer of it is a reference"
            )
    found = judge({name: [answers[REFERENCE]] for name, answers in source.items()}, observed.referee)
    if not _finite(found.reference[0]):
        raise EvaluateError("the model's answer is not finite: give another reference input with --input")
    agreeing = tuple(name for name in found.agreeing if name not in wrong)
    if not is_trusted(found, agreeing, observed.referee):
        raise EvaluateError(
            f"no majority of backends agrees on the model's answer (it ran on {', '.join(source)}), so that "
            "nobody knows which is right: install more backends, or give another reference input with --input"
        )
    return agreeing, max(FLOOR, found.tolerance), frozenset({*found.wrong, *found.not_finite})


def _finite(outputs: Sequence[Array]) -> bool:
    return all(bool(np.isfinite(array).all()) for array in outputs)


def _coarse(shares: list[float], source: Answer) -> list[str]:
    return [
        f"output {at} has a tolerance of {share:.1%} of its largest value, since half floats change it so "
        "much on this input: a real one (--input) may do better"
        for at, (share, whole) in enumerate(zip(shares, source.whole, strict=True))
        if share > COARSE and not whole
    ]


def _check_power(variant: str, right: Right, observed: Observed, backend: str, most: int) -> None:
    name = backend if backend in observed.answers[variant] else next(iter(observed.answers[variant]))
    if (away := right.away(observed.answers[variant][name][BLANK], most)) <= 1:
        raise EvaluateError(
            f"{variant} answers an empty input within the tolerance ({away:.2f} of it), so that the canary "
            "would catch nothing: give another reference input with --input, or more --values"
        )


def _caught(
    observed: Observed, rights: Mapping[str, Right], wrong: Mapping[str, frozenset[str]], most: int
) -> dict[str, float]:
    caught: dict[str, float] = {}
    for variant, right in rights.items():
        for name, answers in observed.answers[variant].items():
            if name not in wrong[variant]:
                continue
            away = right.away(answers[REFERENCE], most)
            if away <= 1:
                raise EvaluateError(
                    f"{name} computes {variant} wrong, and the canary would not catch it: its answer to this "
                    f"input is {away:.2f} tolerances away: give an input that shows it with --input, or more "
                    "--values"
                )
            caught[name] = min(away, caught.get(name, math.inf))
    return caught


def _shared(rights: Mapping[str, Right]) -> list[CanaryReference]:
    """Variants that answer alike share a reference, which saves bytes of the document."""
    groups: list[tuple[list[str], Right]] = []
    for variant, right in rights.items():
        name = ORIGINAL if variant == SOURCE else variant
        for names, other in groups:
            if bool((np.abs(right.values - other.values) <= ALIKE * other.tolerances).all()):
                names.append(name)
                break
        else:
            groups.append(([name], right))
    return [
        CanaryReference(variants=names, values=right.values.tolist(), tolerances=right.tolerances.tolist())
        for names, right in groups
    ]
