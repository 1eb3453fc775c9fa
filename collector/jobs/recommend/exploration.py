"""What a class tries beside the arm that it recommends, and what that may cost its visitors.

Trying an arm costs the visitors who get it, and teaches for all others. An arm is tried as long as it may be
the best one. How often follows from how many sessions it lacks and how many there are a day, so that a small
fleet tries much and a large one hardly anything; its share grows as it proves itself. All of it together is
kept to a share of the time that visitors wait.
"""

import math
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.record import RaceShare
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.shrinkage import Belief, Normal

UNKNOWN = Normal(mean=0.3, variance=0.8**2)
"""The log ratio to the recommended arm of an arm that nothing is known of: one in three costs less."""
WORST_RATIO = 20.0
"""Belief that is wide enough expects any ratio: beyond this one it only says that it is wide."""
HOPELESS = 0.005
"""With less of a chance to beat the recommended arm, an arm is tried only to keep evidence fresh."""
MOST_TRIED = 0.8
"""The most of a class's installs that arms which are tried get together."""
WASM_KINDS = (Backend.WASM, Backend.WASM_SIMD, Backend.WASM_SIMD_THREADS)
MAX_RACED = 8
"""Arms in one race."""
RACES_A_LEAF = 2
"""Times ``min_races``: the races that settle most leaf classes."""
RACES_SHOW_BY = 3
"""Times ``min_sessions``: a class of so many sessions without a race has pages that cannot race."""
STEP_SESSIONS = 3
"""Sessions after which an arm that is tried may have ``first_step`` more of the installs."""


class Seen(NamedTuple):
    """How many sessions, and races among them, there were."""

    sessions: int
    races: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """An arm that may be tried."""

    arm: ArmKey
    chance: float
    """That it costs less than the recommended arm."""
    ratio: float
    """What it is expected to cost, over the recommended arm."""
    lacks: int
    """Sessions until it can be judged; 0 for an arm that passed all gates."""


def weigh_candidates(
    lacking: Mapping[ArmKey, int], recommended: ArmKey, belief: Belief, settings: RecommendSettings
) -> list[Candidate]:
    """The arms that are worth trying, by name.

    Args:
        lacking: arms that no gate speaks against, and the sessions that each lacks.
        recommended: what they are compared with.
        belief: what is known of each arm in this class; nothing is known of one that is not there.
        settings: ``explore_within``.
    """
    found: list[Candidate] = []
    for arm, lacks in sorted(lacking.items()):
        gap = _gap(arm, recommended, belief)
        deviation = math.sqrt(gap.variance)
        # Nobody gets an arm for a whole session that is believed to be this much worse.
        if arm != recommended and gap.mean - deviation <= math.log(settings.explore_within):
            ratio = min(WORST_RATIO, math.exp(min(10.0, gap.mean + gap.variance / 2)))
            found.append(Candidate(arm, _below(-gap.mean / deviation), ratio, lacks))
    return found


def share_out(
    candidates: Iterable[Candidate],
    wanted: Mapping[ArmKey, float],
    daily: float,
    settings: RecommendSettings,
    *,
    raced: Set[ArmKey] = frozenset(),
) -> dict[ArmKey, float]:
    """The share of installs that tries each arm. The budget goes first to what teaches most for its cost.

    Args:
        candidates: what may be tried.
        wanted: the share that a judged arm gets for its chance to be the best; none when the choice is made.
        daily: sessions of the class a day.
        settings: the budget and the steps.
        raced: arms that races will tell of, for a few predictions of a visitor's instead of a session.
    """
    candidates = [each for each in candidates if not (each.lacks and each.arm in raced)]
    # Of several kinds of wasm the richest first: it is the fastest nearly everywhere.
    worth = {each.arm: each.chance / max(each.ratio - 1, 0.01) for each in candidates}
    chosen = sorted(candidates, key=lambda each: (-worth[each.arm], -_richness(each.arm), each.arm))
    judged = sum(not each.lacks for each in chosen)
    # However few sessions a fleet has a day, it may spend some of them.
    few = min(settings.first_budget, settings.budget_sessions / max(daily, 1.0))
    budget, left = max(settings.regret_budget, few), MOST_TRIED
    shares: dict[ArmKey, float] = {}
    for each in chosen:
        if each.lacks:
            share = _step(each, daily, settings)
        else:
            fresh = settings.exploration / judged
            share = max(fresh, wanted.get(each.arm, 0.0) if each.chance >= HOPELESS else 0.0)
        loss = max(0.0, each.ratio - 1)
        share = min(share, left, budget / loss if loss else 1.0)
        budget, left = budget - share * loss, left - share
        if share > 0:
            shares[each.arm] = share
    return shares


def retry(
    refused: Iterable[ArmKey],
    recommended: ArmKey,
    belief: Belief,
    tried: Mapping[ArmKey, float],
    settings: RecommendSettings,
) -> dict[ArmKey, float]:
    """A trickle for arms that were refused, unless they are hopelessly slow; no budget pays for it."""
    left = max(0.0, MOST_TRIED - sum(tried.values()))
    worth = weigh_candidates(dict.fromkeys(refused, 0), recommended, belief, settings)
    shares = {each.arm: settings.retry_share for each in worth if each.chance >= HOPELESS}
    return shares if sum(shares.values()) <= left else {}


def plan_race(
    recommended: ArmKey,
    candidates: Iterable[Candidate],
    daily: float,
    settings: RecommendSettings,
    *,
    sure: bool,
    leaves: int = 1,
) -> RaceShare | None:
    """Who races which arms: all that may be better than the recommended one, until that is known.

    ``leaves`` are the leaf classes in this one that have too few races: each of them needs its own.
    """
    rivals = [each for each in candidates if each.chance >= HOPELESS and (each.lacks or not sure)]
    wanted = max(settings.min_sessions, RACES_A_LEAF * settings.min_races * leaves)
    share = min(settings.race_share, wanted / (max(daily, 1.0) * settings.learn_days))
    arms = [recommended]
    for each in sorted(rivals, key=lambda each: (-each.chance, -_richness(each.arm), each.arm)):
        if not any(_same_runtime(each.arm, other) for other in arms) and len(arms) < MAX_RACED:
            arms.append(each.arm)
    return RaceShare(share=share, arms=arms) if len(arms) > 1 and share > 0 else None


def _same_runtime(arm: ArmKey, other: ArmKey) -> bool:
    """Whether a page cannot run both: it starts one kind of wasm in its life, and keeps to it."""
    return arm.variant == other.variant and arm.backend in WASM_KINDS and other.backend in WASM_KINDS


def _richness(arm: ArmKey) -> int:
    return WASM_KINDS.index(arm.backend) if arm.backend in WASM_KINDS else 0


def races_are_due(own: Seen, model: Seen, settings: RecommendSettings) -> bool:
    """Whether a class that is asked to race will: it and its model have, or are too young to show it."""
    young = RACES_SHOW_BY * settings.min_sessions
    return all(seen.races > 0 or seen.sessions < young for seen in (own, model))


def _step(each: Candidate, daily: float, settings: RecommendSettings) -> float:
    """The share of an arm that lacks sessions; without ``exploration`` such an arm is not tried."""
    if not settings.exploration or each.chance < HOPELESS:
        return 0.0
    had = max(0, settings.min_sessions - each.lacks)
    step = settings.first_step * (1 + had / STEP_SESSIONS)
    return min(step, settings.last_step * each.chance, each.lacks / (max(daily, 1.0) * settings.learn_days))


def _gap(arm: ArmKey, recommended: ArmKey, belief: Belief) -> Normal:
    if arm not in belief or recommended not in belief:
        return UNKNOWN
    mine, best = belief[arm], belief[recommended]
    return Normal(mine.mean - best.mean, mine.variance + best.variance)


def _below(z: float) -> float:
    """The standard normal distribution."""
    return 0.5 * math.erfc(-z / math.sqrt(2))
