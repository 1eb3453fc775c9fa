"""What a class tries beside the arm that it recommends, and what that may cost its visitors.

Trying an arm costs the visitors who get it, and teaches for all others. An arm is tried as long as it may be
the best one. How often follows from how many sessions it lacks and how many there are a day, so that a small
fleet tries much and a large one hardly anything; its share grows as it proves itself. All of it together is
kept to a share of the time that visitors wait.
"""

from collections.abc import Iterable, Mapping, Set

from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.shrinkage import Belief
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.trying.candidates import HOPELESS, Candidate, richness, weigh_candidates

MOST_TRIED = 0.8
"""The most of a class's installs that arms which are tried get together."""
FRESH = 0.25
"""Of the budget: what it costs at most that evidence about arms which lost stays fresh."""
STEP_SESSIONS = 3
"""Sessions after which an arm that is tried may have ``first_step`` more of the installs."""


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
    chosen = sorted(candidates, key=lambda each: (-worth[each.arm], -richness(each.arm), each.arm))
    judged = sum(not each.lacks for each in chosen)
    budget, left = _budget(daily, settings), MOST_TRIED
    shares: dict[ArmKey, float] = {}
    for each in chosen:
        if each.lacks:
            share = _step(each, daily, settings)
        else:
            dear = FRESH * settings.regret_budget / max(each.ratio - 1, FRESH)
            fresh = min(settings.exploration, dear) / judged
            share = max(fresh, wanted.get(each.arm, 0.0) if each.chance >= HOPELESS else 0.0)
        loss = max(0.0, each.ratio - 1)
        share = min(share, left, budget / loss if loss else 1.0)
        budget, left = budget - share * loss, left - share
        if share > 0:
            shares[each.arm] = share
    return shares


def _budget(daily: float, settings: RecommendSettings) -> float:
    """What a class may spend, as a share of the time that visitors wait.

    However few sessions a fleet has a day, it may spend some of them.
    """
    few = min(settings.first_budget, settings.budget_sessions / max(daily, 1.0))
    return max(settings.regret_budget, few)


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


def _step(each: Candidate, daily: float, settings: RecommendSettings) -> float:
    """The share of an arm that lacks sessions; without ``exploration`` such an arm is not tried."""
    if not settings.exploration or each.chance < HOPELESS:
        return 0.0
    step = settings.first_step * (1 + each.had / STEP_SESSIONS)
    # All that it needs, and not what it still lacks: a share that shrinks with every session would never end.
    pace = max(each.lacks, settings.min_sessions) / (max(daily, 1.0) * settings.learn_days)
    return min(step, settings.last_step * each.chance, pace)
