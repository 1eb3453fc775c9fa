"""Whether growth goes on: what a cohort's longest sessions say, which short ones cannot know.

A cache of 400 entries that fills up, or a saw of a thousand predictions, looks like a leak in each session
that ends before it does. A leak has no end: in long sessions the later half goes on growing. Long sessions
that never grew say nothing: those that leak may be short because the leak ends them.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from collector.jobs.leaks.growth import Growth

FEWEST = 5
"""Sessions that a course is read from, at least; with fewer none is known, and growth counts as going on."""
LONGEST = 4
"""One of so many sessions is among the longest, which say whether growth ends."""
LONG = 2
"""And among the long ones, which say whether both halves grow alike: that takes more sessions."""
STOPS = 0.5
"""A later half that grew less than this share of the earlier one does not go on at the same pace."""
SOME = 0.25
"""A share of a leak that is no small change of memory."""
ENDED = 0.25
"""Growth that is slower than this share of what leaking sessions show has come to its end."""
MOST = 0.6
"""So many of the long sessions grow in both halves when growth is steady; a step is in one half."""
BEGINS = 2.0
"""The later half grew more than so many times the earlier one: a step that comes late, or a long saw."""


class Course(BaseModel):
    """How a cohort's growth goes on within its longest sessions: from the start to the middle to the end.

    Levels are the lowest of a stretch of the session, and only what is never given back counts. Medians and
    shares, since a tenth of hostile sessions may be four tenths of the longest: they hide no leak.
    """

    model_config = ConfigDict(frozen=True)

    sessions: int = Field(
        description="The longest sessions: a quarter of all, at least five, and those that are as long"
    )
    earlier: float = Field(description="Growth in the first half of a session, median")
    later: float = Field(description="Growth in the second half, median")
    gave_back: float = Field(description="Share of them that gave back most of what they once held more")
    later_slope: float = Field(description="Growth in the second half per prediction, or load, median")
    steady: bool = Field(description="The longer half of all sessions grew in both halves, and in both alike")

    def stops(self, slope: float) -> bool:
        """Whether growth of ``slope``, as sessions that look like leaking show it, ends in long sessions."""
        ended = self.later < STOPS * self.earlier or self.gave_back >= MOST
        return ended and self.later_slope < ENDED * slope


def read_course(growths: Sequence[Growth], leaked: float) -> Course | None:
    """The course of a cohort's growth; None with fewer than five sessions.

    ``leaked`` is what a session that looks like leaking holds more at its end, in the signal's unit.
    """
    if len(growths) < FEWEST:
        return None
    longest = _longest(growths, LONGEST)
    return Course(
        sessions=len(longest),
        earlier=_median([growth.earlier for growth in longest]),
        later=_median([growth.later for growth in longest]),
        gave_back=sum(_gave_back(growth, leaked) for growth in longest) / len(longest),
        later_slope=_median([2 * growth.later / growth.span for growth in longest]),
        steady=_is_steady(_longest(growths, LONG)),
    )


def _longest(growths: Sequence[Growth], one_of: int) -> list[Growth]:
    """As many as that share, at least five, and those that are as long: their order says nothing."""
    least = sorted(growth.span for growth in growths)[-max(FEWEST, len(growths) // one_of)]
    return [growth for growth in growths if growth.span >= least]


def _is_steady(growths: Sequence[Growth]) -> bool:
    earlier = _median([growth.earlier for growth in growths])
    later = _median([growth.later for growth in growths])
    both = sum(growth.earlier > 0 and growth.later > 0 for growth in growths)
    return both >= MOST * len(growths) and STOPS * earlier <= later <= BEGINS * earlier


def _gave_back(growth: Growth, leaked: float) -> bool:
    """Whether a session held as much more as one that looks like leaking, and let most of it go."""
    return growth.given_back >= max(growth.earlier + growth.later, SOME * leaked)


def _median(values: Sequence[float]) -> float:
    return round(float(np.median(values)), 6)
