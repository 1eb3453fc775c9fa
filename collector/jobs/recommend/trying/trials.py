"""What a class tries beside its choice: arms by shares of its installs, and by races."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from collector.contract.device_class import EVERYWHERE
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.evidence import ClassEvidence
from collector.jobs.recommend.counting.votes import Votes, median_of
from collector.jobs.recommend.lessons import Normal
from collector.jobs.recommend.record import DecisionRecord, Propensity, RaceShare, State
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.trying.candidates import weigh_candidates
from collector.jobs.recommend.trying.exploration import retry, share_out
from collector.jobs.recommend.trying.propensities import split_traffic
from collector.jobs.recommend.trying.racing import (
    FIRST_RACES,
    Seen,
    are_mute,
    pace_of,
    plan_race,
    races_are_due,
)

MUCH_MORE = 2.0
"""Times the share that the plan of a class above gives: a class that wants so much has a plan of its own."""


class Trials(NamedTuple):
    """How the installs of a class are split, and which of them race; neither for one that follows another."""

    propensities: list[Propensity]
    race: RaceShare | None


NO_TRIALS = Trials([], None)


class Choice(NamedTuple):
    """What a class recommends."""

    arm: ArmKey
    passing: Sequence[ArmKey]
    """The arms that passed every gate."""
    state: State
    unlike: float
    """The variance of an arm's standing between this class and a leaf class in it."""


def plan_trials(
    choice: Choice,
    evidence: ClassEvidence,
    votes: Votes,
    *,
    above: Sequence[DecisionRecord],
    daily: float,
    settings: RecommendSettings,
) -> Trials:
    """What a class tries.

    Args:
        choice: what it recommends.
        evidence: what it knows.
        votes: all of the model's.
        above: the records of its parents, the nearest one first.
        daily: sessions of the class a day.
        settings: the budget.
    """
    lacking = dict.fromkeys(choice.passing, 0) | evidence.lacking()
    had = {arm: votes.conduct(EVERYWHERE, arm).worth(settings) for arm in votes.arms}
    races = {arm: evidence.races_of(arm) for arm in votes.arms}
    race = _race(choice, evidence, votes, lacking=lacking, races=races, daily=daily, settings=settings)
    own = Seen(len(evidence.rows), votes.races_seen(evidence.device))
    model = Seen(len(votes), votes.races_seen(EVERYWHERE))
    race = None if are_mute(own.races) else race
    due = race if race is not None and races_are_due(own, model, settings) else None
    told = {ArmKey(*arm) for arm in due.arms if races.get(ArmKey(*arm), 0) < FIRST_RACES} if due else set()
    # An arm that cannot be judged yet takes no share from the others, but it may be the best.
    likely = {*choice.passing, *(arm for arm in evidence.unproven() if evidence.ran(arm))}
    wanted = evidence.chances(likely) if choice.state == "exploring" else {}
    candidates = weigh_candidates(lacking, choice.arm, evidence.belief, settings, had=had, races=races)
    tried = share_out(candidates, wanted, daily, settings, raced=told)
    tried |= retry(evidence.refused(), choice.arm, evidence.belief, tried, settings)
    if choice.state == "insufficient" and not _is_news(tried, due, _plan_of(above), evidence):
        return NO_TRIALS
    held_back = evidence.default if evidence.default in choice.passing else None
    return Trials(split_traffic(choice.arm, tried, evidence.lacking().keys(), held_back, settings), race)


def _race(
    choice: Choice,
    evidence: ClassEvidence,
    votes: Votes,
    *,
    lacking: Mapping[ArmKey, int],
    races: Mapping[ArmKey, int],
    daily: float,
    settings: RecommendSettings,
) -> RaceShare | None:
    """The races that would tell most, whether or not the class's pages race."""
    pace = pace_of(evidence, votes, daily, settings)
    # It is for leaf classes that have none: what is best in most of the others may not be in these.
    there = {
        arm: Normal(known.mean, known.variance + choice.unlike) for arm, known in evidence.belief.items()
    }
    return plan_race(
        choice.arm,
        weigh_candidates(lacking, choice.arm, there, settings, races=races),
        pace,
        settings,
        sure=choice.state == "committed" and not pace.unraced,
        slow_to_start={arm for arm in votes.arms if _is_slow_to_start(arm, evidence, votes, settings)},
    )


def _is_slow_to_start(
    arm: ArmKey, evidence: ClassEvidence, votes: Votes, settings: RecommendSettings
) -> bool:
    """Whether its start takes over half of a race's time, in the sessions of a class."""
    start = median_of(votes.start[votes.of_arm(evidence.rows, arm)])
    return start is not None and start > settings.race_budget_ms / 2


def _plan_of(above: Sequence[DecisionRecord]) -> DecisionRecord | None:
    """The record whose plan a class without one of its own is given."""
    return next((record for record in above if record.propensities), None)


def _is_news(
    tried: Mapping[ArmKey, float],
    race: RaceShare | None,
    plan: DecisionRecord | None,
    evidence: ClassEvidence,
) -> bool:
    """Whether a class that follows another needs a plan of its own: it tries what that one hardly does, or
    races otherwise."""
    if plan is None:
        return bool(evidence.lacking().keys() & tried.keys()) or race is not None
    shares = {ArmKey(each.backend, each.variant): each.probability for each in plan.propensities}
    if any(tried.get(arm, 0.0) > MUCH_MORE * shares.get(arm, 0.0) for arm in evidence.lacking()):
        return True
    theirs = plan.race.share if plan.race is not None else 0.0
    mine = race.share if race is not None else 0.0
    return max(mine, theirs) > MUCH_MORE * min(mine, theirs)
