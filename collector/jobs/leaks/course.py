"""Whether growth goes on: what a cohort's longest sessions say, which short ones cannot know.

A cache of 400 entries that fills up, or a saw of a thousand predictions, looks like a leak in each session
that ends before it does. A leak has no end: in long sessions the later half goes on growing. Long sessions
that never grew say nothing: those that leak may be short because the leak ends them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from collector.jobs.leaks.growth import Growth

FEWEST = 5
"""Sessions that a course is read from, at least; with fewer none is known, and growth counts as going on."""
LONGEST = 4
"""One of so many sessions is among the longest."""
TRIMMED = 10
"""One of so many values is left out at each end: a session of another kind, or a hostile one."""
STOPS = 0.5
"""A later half that grew less than this share of the earlier one does not go on at the same pace."""
SOME = 0.25
"""A share of a leak that is no small change of memory."""
ENDED = 0.25
"""Growth that is slower than this share of what leaking sessions show has come to its end."""
MOST = 0.6
"""So many of the longest sessions grow in both halves when growth is steady; a step is in one half."""
BEGINS = 2.0
"""The later half grew more than so many times the earlier one: a step that comes late, or a long saw."""


class Course(BaseModel):
    """How a cohort's growth goes on within its longest sessions: from the start to the middle to the end.

    Levels are the lowest of a stretch of the session, and only what is never given back counts.
    """

    model_config = ConfigDict(frozen=True)

    sessions: int = Field(description="The longest sessions, a quarter of all and at least five")
    earlier: float = Field(description="Growth in the first half of a session, trimmed mean")
    later: float = Field(description="Growth in the second half, trimmed mean")
    both: float = Field(description="Share of them that grew in both halves")
    gave_back: float = Field(description="Share of them that gave back most of what they once held more")
    later_slope: float = Field(description="Growth in the second half per prediction, or load, trimmed mean")

    def stops(self, slope: float) -> bool:
        """Whether growth of ``slope``, as sessions that look like leaking show it, ends in long sessions."""
        ended = self.later < STOPS * self.earlier or self.gave_back >= MOST
        return ended and self.later_slope < ENDED * slope

    @property
    def steady(self) -> bool:
        """Whether both halves grow alike."""
        return self.both >= MOST and STOPS * self.earlier <= self.later <= BEGINS * self.earlier


def read_course(growths: Sequence[Growth], leaked: float) -> Course | None:
    """The course of a cohort's growth; None with fewer than five sessions.

    ``leaked`` is what a session that looks like leaking holds more at its end, in the signal's unit.
    """
    if len(growths) < FEWEST:
        return None
    count = max(FEWEST, len(growths) // LONGEST)
    longest = sorted(growths, key=lambda growth: growth.span)[-count:]
    return Course(
        sessions=count,
        earlier=_trimmed(np.array([growth.earlier for growth in longest])),
        later=_trimmed(np.array([growth.later for growth in longest])),
        both=sum(growth.earlier > 0 and growth.later > 0 for growth in longest) / count,
        gave_back=sum(_gave_back(growth, leaked) for growth in longest) / count,
        later_slope=_trimmed(np.array([2 * growth.later / growth.span for growth in longest])),
    )


def _gave_back(growth: Growth, leaked: float) -> bool:
    """Whether a session held as much more as one that looks like leaking, and let most of it go."""
    return growth.given_back >= max(growth.earlier + growth.later, SOME * leaked)


def _trimmed(values: NDArray[np.float64]) -> float:
    cut = max(1, len(values) // TRIMMED)
    return round(float(np.sort(values)[cut:-cut].mean()), 6)
