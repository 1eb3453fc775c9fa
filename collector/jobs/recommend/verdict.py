"""When one arm is surely ahead: separated by the confidence sequence, and not by hostile sessions alone."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from collector.jobs.recommend.inputs import ArmKey
from collector.jobs.recommend.record import Interval
from collector.jobs.recommend.robust import Location
from collector.jobs.recommend.sequence import half_width
from collector.jobs.recommend.settings import RecommendSettings


@dataclass(frozen=True, slots=True)
class Contest:
    """The arms of one class that may be compared, and the error each comparison may make."""

    places: Mapping[ArmKey, Location]
    alpha: float
    settings: RecommendSettings

    def with_at_least(self, votes: int) -> "Contest":
        """Only the arms that a class has this many votes for: what it may commit on by itself."""
        enough = {arm: place for arm, place in self.places.items() if place.n >= votes}
        return replace(self, places=enough)

    def gap(self, slower: ArmKey, faster: ArmKey) -> tuple[float, float]:
        """(difference of mean log cost, half width of its confidence sequence)."""
        first, second = self.places[slower], self.places[faster]
        width = half_width(
            first,
            second,
            alpha=self.alpha,
            r=self.settings.mixture_r,
            prior_sd=self.settings.prior_sd,
            prior_weight=self.settings.prior_weight,
        )
        return first.mean - second.mean, width

    def beats(self, arm: ArmKey, rival: ArmKey) -> bool:
        """Whether an arm is ahead of a rival beyond error and beyond what hostile sessions could have done.

        The second condition: were the arm's fastest and the rival's slowest ``trim`` share made up, the arm
        would still be ahead.
        """
        if arm not in self.places or rival not in self.places:
            return False
        difference, width = self.gap(rival, arm)
        return difference > width and self.places[arm].high < self.places[rival].low

    def ratio(self, arm: ArmKey, to: ArmKey) -> tuple[float | None, Interval | None]:
        """Cost of an arm over another's, with its confidence sequence; None without votes for both."""
        if arm not in self.places or to not in self.places:
            return None, None
        if arm == to:
            return 1.0, Interval(low=1.0, high=1.0)
        difference, width = self.gap(arm, to)
        if math.isinf(width):
            return math.exp(difference), Interval(low=None, high=None)
        return math.exp(difference), Interval(
            low=math.exp(difference - width), high=math.exp(difference + width)
        )


def find_winner(
    contest: Contest, passing: list[ArmKey], incumbent: ArmKey | None
) -> tuple[ArmKey | None, bool]:
    """(the arm to commit to, whether only because it was committed before).

    A confidence sequence that has once excluded zero has done so for good: an incumbent stays until a rival
    beats it or a gate refuses it, even when trimmed evidence no longer separates the two.
    """
    known = [arm for arm in passing if arm in contest.places]
    if not known:
        return None, False
    leader = min(known, key=lambda arm: (contest.places[arm].mean, arm))
    if all(contest.beats(leader, rival) for rival in passing if rival != leader):
        return leader, False
    if incumbent in known and not any(
        contest.beats(rival, incumbent) for rival in known if rival != incumbent
    ):
        return incumbent, True
    return None, False
