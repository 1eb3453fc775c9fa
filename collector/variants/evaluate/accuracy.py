"""Accuracy with labels: how often a variant is right, and what it loses to the source. Pure."""

from collections.abc import Sequence
from math import comb, sqrt
from typing import NamedTuple

import numpy as np

from collector.variants.evaluate.agreement import Array

Z = 1.959963984540054
"""Of 95 %."""
TOP = 5


class Accuracy(NamedTuple):
    """Shares of ``samples``; ``low`` and ``high`` bound ``top1`` with 95 % (Wilson)."""

    samples: int
    top1: float
    top5: float
    low: float
    high: float


class Loss(NamedTuple):
    """Accuracy of the source less that of the variant, on the same samples, with a 95 % interval.

    ``worse`` counts what only the source gets right, ``better`` what only the variant does; ``p`` is of
    McNemar's exact test that both are as likely.
    """

    samples: int
    top1: float
    low: float
    high: float
    worse: int
    better: int
    p: float


def hits(scores: Sequence[Array], labels: Sequence[int], top: int = 1) -> list[bool]:
    """Whether the label is among the ``top`` classes, for each sample."""
    return [
        label in np.argsort(-row, kind="stable")[:top].tolist()
        for row, label in zip(scores, labels, strict=False)
    ]


def measure(scores: Sequence[Array], labels: Sequence[int]) -> Accuracy:
    """Accuracy of the first ``len(scores)`` samples, at least one."""
    first = hits(scores, labels)
    top5 = hits(scores, labels, TOP)
    low, high = wilson(sum(first), len(first))
    return Accuracy(len(first), sum(first) / len(first), sum(top5) / len(top5), low, high)


def wilson(right: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927)."""
    share = right / of
    middle = (share + Z**2 / (2 * of)) / (1 + Z**2 / of)
    half = Z / (1 + Z**2 / of) * sqrt(share * (1 - share) / of + Z**2 / (4 * of**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def loss(source: Sequence[bool], variant: Sequence[bool]) -> Loss:
    """What the variant loses, on paired samples, at least one.

    The interval is Wald's with half a sample added to each of the four cells (Agresti and Min 2005), which is
    good for few samples too.
    """
    count = len(source)
    worse = sum(a and not b for a, b in zip(source, variant, strict=True))
    better = sum(b and not a for a, b in zip(source, variant, strict=True))
    n, up, down = count + 2, worse + 0.5, better + 0.5
    middle = (up - down) / n
    half = Z * sqrt(max(0.0, up + down - (up - down) ** 2 / n)) / n
    point = (worse - better) / count
    return Loss(count, point, middle - half, middle + half, worse, better, _mcnemar(worse, better))


def _mcnemar(worse: int, better: int) -> float:
    differ = worse + better
    tail = sum(comb(differ, at) for at in range(min(worse, better) + 1)) / float(2**differ)
    return min(1.0, 2 * tail)
