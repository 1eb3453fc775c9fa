"""Which installs of a class race which arms.

A race costs a visitor a few predictions of each arm, once, and gives him the one that is the fastest on his
device; what it measures tells the rest of the class. So the first races of a class of devices come at once,
and soon there are none.
"""

from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from collector.contract.device_class import LEVELS
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.evidence import ClassEvidence
from collector.jobs.recommend.counting.raced import RacesSeen
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.record import RaceShare
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.trying.candidates import (
    HOPELESS,
    Candidate,
    are_apart,
    richness,
    share_a_runtime,
)

MAX_RACED = 8
"""Arms in one race."""
FIRST_RACES = 3
"""Of a leaf class: they tell arms apart that differ by a quarter, which most do."""
FIRST_WITHIN_DAYS = 0.1
"""They come soon: each visitor before them may wait for the wrong arm."""
RACES_A_LEAF = 2
"""Times ``min_races``: the races that settle most leaf classes, and the most that one has a day."""
TRICKLE = 0.25
"""Of the budget: what races cost that only make sure of what is believed already."""
MIN_GAIN = 0.005
"""Of the time that visitors wait: what a race must be expected to save, or else the choice is as good."""
RACE_RUNS = 6
"""Predictions of an arm in a race, its first one among them; one that is hopeless is stopped before."""
HOPELESS_RATIO = 2.0
"""An arm is stopped in a race that costs so many times another."""
RACES_SHOW_BY = 3
"""Times ``min_sessions``: a class of so many sessions without a race has pages that cannot race."""
MUTE_RACES = 5
"""So many races that compare nothing, and none that does, and racing is over."""


class Seen(NamedTuple):
    """How many sessions, and races among them, there were."""

    sessions: int
    races: RacesSeen


class Pace(NamedTuple):
    """What a class sees, as far as it says how soon and how dearly it learns."""

    daily: float
    """Sessions a day."""
    usual: float
    """Predictions of a usual session."""
    unraced: int
    """Leaf classes in it with too few sessions and races for a plan of their own."""
    is_leaf: bool


def pace_of(evidence: ClassEvidence, votes: Votes, daily: float, settings: RecommendSettings) -> Pace:
    """The pace of a class with ``daily`` sessions a day."""
    return Pace(
        daily=max(daily, 1.0),
        usual=evidence.usual,
        unraced=votes.small_leaves(evidence.device, sessions=settings.min_class_sessions, races=FIRST_RACES),
        is_leaf=evidence.device.level == len(LEVELS),
    )


def plan_race(
    recommended: ArmKey,
    candidates: Iterable[Candidate],
    pace: Pace,
    settings: RecommendSettings,
    *,
    sure: bool,
    slow_to_start: Set[ArmKey] = frozenset(),
) -> RaceShare | None:
    """Who races which arms: all that may be better than the recommended one, until that is known.

    The first races of a leaf class come soon. Further ones, where a gain is still to be expected, are kept to
    the budget, and to a part of it where they only make sure. A class above has races for the leaf classes
    without.

    Args:
        recommended: what the others are held against; a richer kind of wasm races in its place.
        candidates: what may be better.
        pace: the class's sessions.
        settings: the budget, and how many races settle a class.
        sure: whether the class has committed.
        slow_to_start: arms whose start alone takes most of a race's time. They run last: the others are then
            measured, and may be held against that start.
    """
    rivals = [each for each in candidates if each.chance >= HOPELESS and (each.lacks or not sure)]
    # Of several kinds of wasm the richest runs for all: it is the fastest nearly everywhere.
    kin = [each.arm for each in rivals if share_a_runtime(each.arm, recommended)]
    first = max([recommended, *kin], key=richness)
    arms = [first]
    for each in sorted(rivals, key=lambda each: (-richness(each.arm), -each.chance, each.arm)):
        if not any(are_apart(each.arm, other) for other in arms):
            arms.append(each.arm)
    chances = {each.arm: each.chance for each in rivals}
    # Backends before other variants: they differ more, and the time of a race may not reach for all.
    arms[1:] = sorted(arms[1:], key=lambda arm: (arm.variant != first.variant, -chances[arm], arm))
    arms = arms[:MAX_RACED]
    arms.sort(key=lambda arm: arm in slow_to_start)
    racing = [each for each in rivals if each.arm in arms]
    price = race_price(racing, pace.usual, with_recommended=first == recommended)
    share = _race_share(racing, price, pace, settings)
    return RaceShare(share=share, arms=arms) if len(arms) > 1 and share > 0 else None


def race_price(rivals: Iterable[Candidate], usual: float, *, with_recommended: bool = True) -> float:
    """What a race costs a visitor beside the start of the arm that it keeps, in usual sessions.

    Args:
        rivals: the arms that race, the recommended one aside.
        usual: predictions of a usual session.
        with_recommended: whether the recommended arm races too; a richer kind of wasm may race in its place.
    """
    runs = int(with_recommended) + sum(min(each.ratio, HOPELESS_RATIO) for each in rivals)
    return RACE_RUNS * runs / usual


def races_are_due(own: Seen, model: Seen, settings: RecommendSettings) -> bool:
    """Whether a class that is asked to race will learn by it: it and its model have, or are too young to show
    that they do not."""
    young = RACES_SHOW_BY * settings.min_sessions
    return all(
        seen.races.compared > 0 or (seen.sessions < young and not are_mute(seen.races))
        for seen in (own, model)
    )


def are_mute(races: RacesSeen) -> bool:
    """Whether races cost a class's visitors time and tell nothing."""
    return not races.compared and races.mute >= MUTE_RACES


def _race_share(rivals: Sequence[Candidate], price: float, pace: Pace, settings: RecommendSettings) -> float:
    """The share of installs that race, when a race costs a visitor ``price`` usual sessions."""
    open_to = [each for each in rivals if each.gain >= MIN_GAIN]
    leaves = pace.unraced if not pace.is_leaf else 1
    first = FIRST_RACES * pace.unraced
    if pace.is_leaf:
        first = max((FIRST_RACES - each.races for each in open_to), default=0)
    budget = settings.regret_budget if open_to else TRICKLE * settings.regret_budget
    most = RACES_A_LEAF * settings.min_races * leaves / (pace.daily * settings.learn_days)
    share = min(budget / price, most)
    if open_to:
        share = max(share, first / (pace.daily * FIRST_WITHIN_DAYS))
    return min(settings.race_share, share) if leaves else 0.0
