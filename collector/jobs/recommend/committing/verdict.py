"""When one arm is surely ahead: separated by the confidence sequence, and not by hostile sessions alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.committing.sequence import half_width
from collector.jobs.recommend.counting.strata import Pair, Strata
from collector.jobs.recommend.record import Interval
from collector.jobs.recommend.settings import RecommendSettings


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two arms by votes of one kind, and the prior deviation of such votes."""

    pair: Pair
    prior_sd: float

    @property
    def difference(self) -> float:
        """Of the first arm's log cost to the second's."""
        return self.pair.first.mean - self.pair.second.mean

    def precision(self, prior_weight: float) -> float:
        """One over the difference's variance."""
        places = (self.pair.first, self.pair.second)
        return 1 / sum(place.standard_error(self.prior_sd, prior_weight) ** 2 for place in places)


@dataclass(frozen=True, slots=True)
class Contest:
    """The arms of one class, compared inside its strata, and the error each comparison may make.

    Sessions and races are two bodies of evidence, since a race varies a tenth as much. Where a pair of arms
    has both, each may make half of the error, and either of them decides.
    """

    strata: Strata
    alpha: float
    settings: RecommendSettings
    raced: Strata | None = None
    least: int = 1
    """Votes that both arms must have on the strata that ran both."""
    least_races: int = 1

    def with_at_least(self, votes: int) -> "Contest":
        """The same arms, compared only with this many votes each: what a class may commit on by itself."""
        return replace(self, least=votes, least_races=self.settings.min_races)

    def knows(self, arm: ArmKey) -> bool:
        """Whether the class has enough votes for an arm, on whatever strata."""
        races = self.raced.counts.get(arm, 0) if self.raced is not None else 0
        return self.strata.counts.get(arm, 0) >= self.least or races >= self.least_races

    def pair(self, arm: ArmKey, rival: ArmKey) -> Pair | None:
        """Both arms on the strata that ran both; None when they have too few votes there."""
        return _enough(self.strata, arm, rival, self.least)

    def comparisons(self, arm: ArmKey, rival: ArmKey) -> list[Comparison]:
        """What compares two arms: sessions, races, both or nothing."""
        sessions = self.pair(arm, rival)
        races = None if self.raced is None else _enough(self.raced, arm, rival, self.least_races)
        kinds = ((sessions, self.settings.prior_sd), (races, self.settings.race_sd))
        return [Comparison(pair, deviation) for pair, deviation in kinds if pair is not None]

    def beats(self, arm: ArmKey, rival: ArmKey) -> bool:
        """Whether an arm is ahead of a rival beyond error and beyond what hostile sessions could have done.

        The second condition: were the arm's fastest and the rival's slowest ``trim`` share made up, the arm
        would still be ahead.
        """
        found = self.comparisons(arm, rival)
        return any(
            -each.difference > self._width(each, len(found)) and each.pair.first.high < each.pair.second.low
            for each in found
        )

    def leads(self, arm: ArmKey, rival: ArmKey) -> bool:
        """Whether an arm costs less than a rival, surely or not."""
        found = self.comparisons(arm, rival)
        weight = self.settings.prior_weight
        return bool(found) and sum(each.difference * each.precision(weight) for each in found) < 0

    def ratio(self, arm: ArmKey, to: ArmKey) -> tuple[float | None, Interval | None]:
        """Cost of an arm over another's, with its confidence sequence; None where they cannot be compared."""
        if arm == to:
            return (1.0, Interval(low=1.0, high=1.0)) if self.knows(arm) else (None, None)
        found = self.comparisons(arm, to)
        if not found:
            return None, None
        widths = [self._width(each, len(found)) for each in found]
        width, difference = min(zip(widths, (each.difference for each in found), strict=True))
        if math.isinf(width):
            return math.exp(difference), Interval(low=None, high=None)
        return math.exp(difference), Interval(
            low=math.exp(difference - width), high=math.exp(difference + width)
        )

    def _width(self, each: Comparison, kinds: int) -> float:
        return half_width(
            each.pair.first,
            each.pair.second,
            alpha=self.alpha / kinds,
            r=self.settings.tuned_r,
            prior_sd=each.prior_sd,
            prior_weight=self.settings.prior_weight,
        )


def _enough(strata: Strata, arm: ArmKey, rival: ArmKey, least: int) -> Pair | None:
    if min(strata.counts.get(arm, 0), strata.counts.get(rival, 0)) < least:
        return None
    pair = strata.pair(arm, rival)
    return pair if pair is not None and min(pair.first.n, pair.second.n) >= least else None


def find_leader(contest: Contest, arms: Sequence[ArmKey]) -> ArmKey | None:
    """The arm that costs least, None without arms that have votes.

    Arms that share no stratum cannot be ordered: the answer is then one of several. An arm that is ahead of
    every other is found whatever the order.
    """
    known = [arm for arm in arms if contest.knows(arm)]
    if not known:
        return None
    leader = known[0]
    for arm in known[1:]:
        if contest.leads(arm, leader):
            leader = arm
    return leader


def find_winner(
    contest: Contest, passing: list[ArmKey], incumbent: ArmKey | None
) -> tuple[ArmKey | None, bool]:
    """(the arm to commit to, whether only because it was committed before).

    A confidence sequence that has once excluded zero has done so for good: an incumbent stays until a rival
    beats it or a gate refuses it, even when trimmed evidence no longer separates the two.
    """
    leader = find_leader(contest, passing)
    if leader is None:
        return None, False
    if all(contest.beats(leader, rival) for rival in passing if rival != leader):
        return leader, False
    if (
        incumbent in passing
        and contest.knows(incumbent)
        and not any(contest.beats(rival, incumbent) for rival in passing if rival != incumbent)
    ):
        return incumbent, True
    return None, False
