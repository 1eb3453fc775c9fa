"""Whether growth goes on: what a cohort's longer sessions say, which short ones cannot know.

A cache of 400 entries that fills up, or a saw of a thousand predictions, looks like a leak in each session
that ends before it does. A leak has no end: in long sessions the later half goes on growing, as fast as
the earlier one and as fast as in short sessions. Long sessions that never grew say nothing: those that leak
may be short because the leak ends them.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from collector.jobs.leaks.growth import Growth

FEWEST = 5
"""Sessions that a course is read from, at least; with fewer none is known, and growth counts as going on."""
LONGEST = 4
"""One of so many sessions is among the longest, which say whether growth has ended."""
LONG = 2
"""And among the long ones, which say whether it goes on: that takes more sessions."""
STOPS = 0.5
"""A later half that grew less than this share of the earlier one does not go on at the same pace."""
GOES_ON = 0.65
"""One that grew at least this share of it does; between the two, nobody knows yet."""
BEGINS = 2.5
"""One that grew more than so many times as much began late: a step, or a long saw."""
SOME = 0.25
"""A share of a leak that is no small change of memory."""
ENDED = 0.25
"""Growth that is slower than this share of what it was has come to its end."""
MOST = 0.6
"""So many of the long sessions grow in both halves when growth is steady; a step is in one half."""
ALIKE = (0.6, 1.8)
"""The later half's growth over the earlier one's while it goes on: steps come late, caches slow down."""
FEW = 20
"""Fewer sessions than this must agree more: a cache that fills is long a straight line."""
ALIKE_IN_FEW = (0.85, 1.8)
CONTRADICT = 0.3
"""So many of the long sessions saw it end: more than a tenth of hostile sessions, all of them long."""
CONTRADICT_IN_FEW = 0.15
"""One of five or six does: a saw or a cache ends in few of them, and more sessions will tell."""
SLOWER = 0.5
"""Long sessions that grow at less than this share of the pace of short ones: it slows down with time."""


class Course(BaseModel):
    """How a cohort's growth goes on within its longer sessions: from the start to the middle to the end.

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
    long_sessions: int = Field(description="The longer half of all sessions, chosen alike")
    long_later: float = Field(description="Growth in the second half of these, median")
    long_slope: float = Field(description="Growth of these per prediction, or load, median")
    ended: float = Field(description="Share of these in which growth ended, or was given back")
    many: bool = Field(description="There are 20 sessions or more, so that a few of these may disagree")
    silent: bool = Field(description="Most of these never grew")
    steady: bool = Field(description="Most of these grew in both halves, and in both at about the same pace")
    slows: bool = Field(description="These grow far slower than shorter sessions that look like a leak")
    keeps_pace: bool = Field(
        description="The second half of these, and of the longest, grows too, at half the pace of such "
        "shorter sessions at least: a leak beneath what fills up"
    )

    def stops(self, slope: float) -> bool:
        """Whether growth of ``slope``, as sessions that look like leaking show it, ends in long sessions."""
        ended = self.later < STOPS * self.earlier or self.gave_back >= MOST
        return ended and self.later_slope < ENDED * slope

    @property
    def goes_on(self) -> bool:
        """Whether the longer sessions agree that it goes on, or at least do not deny it."""
        if self.ended >= (CONTRADICT if self.many else CONTRADICT_IN_FEW):
            return False
        if self.silent:
            return True
        if self.later > BEGINS * self.earlier:
            return False
        return self.keeps_pace or (self.steady and not self.slows and self.later >= GOES_ON * self.earlier)


def read_course(growths: Sequence[Growth], leaking: Sequence[Growth]) -> Course | None:
    """The course of a cohort's growth; None with fewer than five sessions.

    ``leaking`` are those of the sessions that look like a leak; when there are none, all.
    """
    if len(growths) < FEWEST:
        return None
    leaked = float(np.median([growth.growth for growth in leaking]))
    longest, long = _longest(growths, LONGEST), longer_half(growths)
    least_span = min(one.span for one in long)
    short = [growth.slope for growth in leaking if growth.span < least_span]
    earlier, later = _median([one.earlier for one in long]), _median([one.later for one in long])
    long_slope = _median([one.slope for one in long])
    rises = _rise_in_both(long)
    many = len(growths) >= FEW
    least, most = ALIKE if many else ALIKE_IN_FEW
    later_slope = _later_slope(longest)
    return Course(
        sessions=len(longest),
        earlier=_median([growth.earlier for growth in longest]),
        later=_median([growth.later for growth in longest]),
        gave_back=sum(_gave_back(growth, leaked) for growth in longest) / len(longest),
        later_slope=later_slope,
        long_sessions=len(long),
        long_later=later,
        long_slope=long_slope,
        ended=sum(_gave_back(one, leaked) or _ended(one, leaked) for one in long) / len(long),
        many=many,
        silent=earlier + later < SOME * leaked,
        steady=rises and least * earlier <= later <= most * earlier,
        slows=bool(short) and long_slope < SLOWER * _median(short),
        keeps_pace=many
        and rises
        and later <= most * earlier
        and bool(short)
        and min(later_slope, _later_slope(long)) >= SLOWER * _median(short),
    )


def longer_half(growths: Sequence[Growth]) -> list[Growth]:
    """The longer half of the sessions, at least five, and those that are as long as the shortest of them."""
    return _longest(growths, LONG)


def _longest(growths: Sequence[Growth], one_of: int) -> list[Growth]:
    """As many as that share, at least five, and those that are as long: their order says nothing."""
    least = sorted(growth.span for growth in growths)[-max(FEWEST, len(growths) // one_of)]
    return [growth for growth in growths if growth.span >= least]


def _later_slope(growths: Sequence[Growth]) -> float:
    return _median([2 * one.later / one.span for one in growths])


def _rise_in_both(long: Sequence[Growth]) -> bool:
    both = sum(growth.earlier > 0 and growth.later > 0 for growth in long)
    return both >= MOST * len(long)


def _ended(growth: Growth, leaked: float) -> bool:
    """Whether a session grew as one that looks like leaking does, and hardly in its later half or last third.

    One that was full soon has no slope over all: what its halves gained tells.
    """
    by_slope = growth.growth >= SOME * leaked and growth.final_slope < ENDED * growth.slope
    by_halves = growth.earlier >= SOME * leaked and growth.later < ENDED * growth.earlier
    return by_slope or by_halves


def _gave_back(growth: Growth, leaked: float) -> bool:
    """Whether a session held as much more as one that looks like leaking, and let most of it go."""
    return growth.given_back >= max(growth.grown, SOME * leaked)


def _median(values: Sequence[float]) -> float:
    return round(float(np.median(values)), 6)
