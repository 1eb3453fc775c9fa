"""Growth that no single session shows for sure, and that the longer ones of a cohort show together.

One tensor in a hundred predictions is ten tensors in a session of a thousand, beneath what models and
pictures come and go with. By chance a session rises in both of its halves in less than a third of the cases;
when most of the longer ones do, by about as much in both, and as fast as short ones, memory leaks.
"""

from collections.abc import Sequence
from math import comb

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from collector.jobs.leaks.course import SLOWER, Course, longer_half
from collector.jobs.leaks.growth import Growth
from collector.jobs.leaks.settings import GrowthThreshold

BY_CHANCE = 0.3
"""Share of sessions of pages that hold their memory in which both halves rise, at most."""
RISING = 0.35
"""Share of the stretches that must rise, in the median; three models that are loaded later are too few."""
PART = 0.25
"""Share of what one leaking session must grow by that half of a longer session must, in the median."""


class Pool(BaseModel):
    """How the longer half of a cohort's sessions grow together."""

    model_config = ConfigDict(frozen=True)

    sessions: int
    growing: int = Field(description="Those that grew in both halves")
    p_value: float = Field(description="The chance of so many where memory is held (sign test)")
    slope: float = Field(description="Growth per prediction, or load, median")


def read_pool(growths: Sequence[Growth], course: Course | None, threshold: GrowthThreshold) -> Pool | None:
    """How sessions grow together; None when they do not, or when it is too little to matter."""
    if course is None or not course.steady or not course.goes_on:
        return None
    if course.long_later < PART * threshold.min_growth or _slows(growths):
        return None
    long = longer_half(growths)
    if float(np.median([growth.rising for growth in long])) < RISING:
        return None
    growing = sum(growth.earlier > 0 and growth.later > 0 for growth in long)
    return Pool(
        sessions=len(long),
        growing=growing,
        p_value=_at_least(growing, len(long)),
        slope=course.long_slope,
    )


def _slows(growths: Sequence[Growth]) -> bool:
    """Whether longer sessions grow at less than half of the pace of the shorter ones: caches fill so."""
    spans = np.array([growth.span for growth in growths], dtype=np.float64)
    grown = np.array([growth.grown for growth in growths])
    short = spans < np.median(spans)
    if not short.any():
        return False
    # Sums, since a short session holds a whole tensor more or none.
    paces = [float(grown[half].sum() / spans[half].sum()) for half in (~short, short)]
    return paces[0] < SLOWER * paces[1]


def _at_least(growing: int, sessions: int) -> float:
    """The chance of so many or more successes of a binomial draw."""
    return sum(
        comb(sessions, k) * BY_CHANCE**k * (1 - BY_CHANCE) ** (sessions - k)
        for k in range(growing, sessions + 1)
    )
