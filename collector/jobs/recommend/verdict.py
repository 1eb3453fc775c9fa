"""When one arm is surely ahead: separated by the confidence sequence, and not by hostile sessions alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from collector.jobs.recommend.inputs import ArmKey
from collector.jobs.recommend.record import Interval
from collector.jobs.recommend.sequence import half_width
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.strata import Pair, Strata


@dataclass(frozen=True, slots=True)
class Contest:
    """The arms of one class, compared inside its strata, and the error each comparison may make."""

    strata: Strata
    alpha: float
    settings: RecommendSettings
    least: int = 1
    """Votes that both arms must have on the strata that ran both."""

    def with_at_least(self, votes: int) -> "Contest":
        """The same arms, compared only with this many votes each: what a class may commit on by itself."""
        return Contest(self.strata, self.alpha, self.settings, votes)

    def knows(self, arm: ArmKey) -> bool:
        """Whether the class has enough votes for an arm, on whatever strata."""
        return self.strata.counts.get(arm, 0) >= self.least

    def pair(self, arm: ArmKey, rival: ArmKey) -> Pair | None:
        """Both arms on the strata that ran both; None when they have too few votes there."""
        if not (self.knows(arm) and self.knows(rival)):
            return None
        pair = self.strata.pair(arm, rival)
        return pair if pair is not None and min(pair.first.n, pair.second.n) >= self.least else None

    def beats(self, arm: ArmKey, rival: ArmKey) -> bool:
        """Whether an arm is ahead of a rival beyond error and beyond what hostile sessions could have done.

        The second condition: were the arm's fastest and the rival's slowest ``trim`` share made up, the arm
        would still be ahead.
        """
        pair = self.pair(arm, rival)
        if pair is None:
            return False
        return pair.second.mean - pair.first.mean > self._width(pair) and pair.first.high < pair.second.low

    def leads(self, arm: ArmKey, rival: ArmKey) -> bool:
        """Whether an arm costs less than a rival, surely or not."""
        pair = self.pair(arm, rival)
        return pair is not None and pair.first.mean < pair.second.mean

    def ratio(self, arm: ArmKey, to: ArmKey) -> tuple[float | None, Interval | None]:
        """Cost of an arm over another's, with its confidence sequence; None where they cannot be compared."""
        if arm == to:
            return (1.0, Interval(low=1.0, high=1.0)) if self.knows(arm) else (None, None)
        pair = self.pair(arm, to)
        if pair is None:
            return None, None
        difference, width = pair.first.mean - pair.second.mean, self._width(pair)
        if math.isinf(width):
            return math.exp(difference), Interval(low=None, high=None)
        return math.exp(difference), Interval(
            low=math.exp(difference - width), high=math.exp(difference + width)
        )

    def _width(self, pair: Pair) -> float:
        return half_width(
            pair.first,
            pair.second,
            alpha=self.alpha,
            r=self.settings.mixture_r,
            prior_sd=self.settings.prior_sd,
            prior_weight=self.settings.prior_weight,
        )


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
