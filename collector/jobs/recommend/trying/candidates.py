"""Arms that a class may try, and what is believed of each beside the arm that it recommends."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.shrinkage import Belief
from collector.jobs.recommend.lessons import Normal
from collector.jobs.recommend.settings import RecommendSettings

UNKNOWN = Normal(mean=0.3, variance=0.8**2)
"""The log ratio to the recommended arm of an arm that nothing is known of: one in three costs less."""
RICHER = Normal(mean=-0.3, variance=0.4**2)
"""The log ratio of a kind of wasm to one that does less at a time: three in four cost less."""
WORST_RATIO = 20.0
"""Belief that is wide enough expects any ratio: beyond this one it only says that it is wide."""
HOPELESS = 0.005
"""With less of a chance to beat the recommended arm, an arm is tried only to keep evidence fresh."""
WASM_KINDS = (Backend.WASM, Backend.WASM_SIMD, Backend.WASM_SIMD_THREADS)
NO_RACES: Mapping[ArmKey, int] = {}
NOTHING_HAD: Mapping[ArmKey, float] = {}


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
    gain: float
    """What visitors may be expected to save by knowing which of the two costs less, as a share of the
    recommended arm's cost."""
    had: float
    """What all devices together ran of it, in sessions."""
    races: int
    """Races of this class that timed it."""


def weigh_candidates(
    lacking: Mapping[ArmKey, int],
    recommended: ArmKey,
    belief: Belief,
    settings: RecommendSettings,
    *,
    had: Mapping[ArmKey, float] = NOTHING_HAD,
    races: Mapping[ArmKey, int] = NO_RACES,
) -> list[Candidate]:
    """The arms that are worth trying, by name.

    Args:
        lacking: arms that no gate speaks against, and the sessions that each lacks.
        recommended: what they are compared with.
        belief: what is known of each arm in this class; nothing is known of one that is not there.
        settings: ``explore_within``.
        had: what each arm had anywhere, in sessions.
        races: how many races of the class timed each arm.
    """
    found: list[Candidate] = []
    for arm, lacks in sorted(lacking.items()):
        gap = _gap(arm, recommended, belief)
        deviation = math.sqrt(gap.variance)
        # Nobody gets an arm for a whole session that is believed to be this much worse.
        if arm != recommended and gap.mean - deviation <= math.log(settings.explore_within):
            ratio = min(WORST_RATIO, math.exp(min(10.0, gap.mean + gap.variance / 2)))
            chance = _below(-gap.mean / deviation)
            known = had.get(arm, 0.0), races.get(arm, 0)
            found.append(Candidate(arm, chance, ratio, lacks, _gain(gap), *known))
    return found


def chance_to_beat(arm: ArmKey, other: ArmKey, belief: Belief) -> float:
    """The chance that an arm costs less than another."""
    gap = _gap(arm, other, belief)
    return _below(-gap.mean / math.sqrt(gap.variance))


def share_a_runtime(arm: ArmKey, other: ArmKey) -> bool:
    """Whether both are one variant on a kind of wasm: a page starts one kind in its life, and keeps to it."""
    return arm.variant == other.variant and arm.backend in WASM_KINDS and other.backend in WASM_KINDS


def are_apart(arm: ArmKey, other: ArmKey) -> bool:
    """Whether one page cannot run both: they are one, or need two kinds of wasm."""
    return arm == other or (
        arm.backend != other.backend and arm.backend in WASM_KINDS and other.backend in WASM_KINDS
    )


def richness(arm: ArmKey) -> int:
    """How much at a time a kind of wasm does; 0 for any other backend."""
    return WASM_KINDS.index(arm.backend) if arm.backend in WASM_KINDS else 0


def _gap(arm: ArmKey, recommended: ArmKey, belief: Belief) -> Normal:
    """The log ratio of an arm to the recommended one. One kind of wasm says something of another."""
    if arm in belief and recommended in belief:
        mine, best = belief[arm], belief[recommended]
        return Normal(mine.mean - best.mean, mine.variance + best.variance)
    kin = [each for each in {*belief, recommended} if arm not in belief and share_a_runtime(each, arm)]
    if not kin:
        return UNKNOWN
    nearest = min(kin, key=lambda each: (abs(richness(each) - richness(arm)), each))
    to_it = Normal(0.0, 0.0) if nearest == recommended else _gap(nearest, recommended, belief)
    side = 1 if richness(arm) > richness(nearest) else -1
    return Normal(to_it.mean + side * RICHER.mean, to_it.variance + RICHER.variance)


def _gain(gap: Normal) -> float:
    """The mean of max(0, 1 - exp(gap)): what is saved where the other arm turns out to cost less."""
    deviation = math.sqrt(gap.variance)
    tail = _below(-(gap.mean + gap.variance) / deviation)
    return max(0.0, _below(-gap.mean / deviation) - math.exp(gap.mean + gap.variance / 2) * tail)


def _below(z: float) -> float:
    """The standard normal distribution."""
    return 0.5 * math.erfc(-z / math.sqrt(2))
