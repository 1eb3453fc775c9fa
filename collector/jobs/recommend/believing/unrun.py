"""Variants that no session has run: what each would cost, told from the original's cost and from its bytes.

Engines decode quantised weights when they load them, so such a variant is as fast as the original and loads
sooner. Of one that computes less (pruned, another input size) the guess is too high, until its first sessions
tell. It says what is tried first, and nothing else: an arm is chosen for the sessions and races that ran it.
"""

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from collector.contract.variant_quality import judge
from collector.contract.vocabulary import ORIGINAL
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.counting.votes import Votes, median_of
from collector.jobs.recommend.gates import check_agreement
from collector.jobs.recommend.habits import Habits
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.lessons import Normal
from collector.jobs.recommend.session_days import Labels
from collector.jobs.recommend.settings import RecommendSettings

MOST_UNRUN = 2
"""Variants that a class begins with at a time: the others come when these were run. Its URL and its hash take
room in a config document, which is small."""
GUESS_SD = 0.4
"""Of the log of a variant's cost over the original's, beside what its bytes say."""
LEAST_RATIO = 0.25
"""A start is more than its download: no variant is believed to cost less than this share of the original."""


class Unrun(NamedTuple):
    """A variant that may be run, and what it is believed to cost; None where sizes are not known."""

    arm: ArmKey
    cost: Normal | None


def unrun_variants(
    belief: Mapping[ArmKey, Normal],
    able: Iterable[ArmKey],
    votes: Votes,
    inputs: ModelInputs,
    settings: RecommendSettings,
    *,
    rows: Labels,
    paid: Habits,
) -> list[Unrun]:
    """The variants that a class may try first, the cheapest by belief first.

    They are tried on the backend that suits the original best: what is believed of the others rests on it.

    Args:
        belief: what is known of the arms in the class.
        able: arms that no gate speaks against.
        votes: all of the model's; an arm that some session ran is none of these.
        inputs: what is registered.
        settings: the objective, and what a variant must keep.
        rows: session-days of the class.
        paid: what a start and a byte cost a usual session of the class.
    """
    if not settings.explore_untried:
        return []
    originals = [arm for arm in able if arm.variant == ORIGINAL and arm in belief]
    if not originals:
        return []
    best = min(originals, key=lambda arm: (belief[arm].mean, arm))
    paid = _within_start(paid, votes.sizes.get(ORIGINAL), median_of(votes.start[votes.of_arm(rows, best)]))
    ran = set(votes.arms)
    found = [
        Unrun(arm, _predict(arm, belief[best], votes.sizes, settings, paid))
        for variant in sorted(inputs.placed)
        if (arm := ArmKey(best.backend, variant)) not in ran and _is_accepted(arm, inputs, settings)
    ]
    return sorted(found, key=_by_cost)[:MOST_UNRUN]


def _within_start(paid: Habits, size: float | None, start_ms: float | None) -> Habits:
    """The original's download took no longer than its start, whatever rate is believed."""
    if not size or start_ms is None:
        return paid
    return paid._replace(ms_a_byte=min(paid.ms_a_byte, start_ms / size))


def _is_accepted(arm: ArmKey, inputs: ModelInputs, settings: RecommendSettings) -> bool:
    quality, original = inputs.variants.get(arm.variant), inputs.variants.get(ORIGINAL)
    agreement = check_agreement(arm, inputs.variants)
    good, _ = judge(quality, original, settings.limits, backend=arm.backend)
    return good and (agreement is None or agreement.passed)


def _predict(
    arm: ArmKey,
    known: Normal,
    sizes: Mapping[str, float],
    settings: RecommendSettings,
    paid: Habits,
) -> Normal | None:
    if arm.variant not in sizes or ORIGINAL not in sizes:
        return None
    aim = settings.aim
    longer_ms = (sizes[arm.variant] - sizes[ORIGINAL]) * paid.ms_a_byte
    ratio = 1 + (aim.first_result + aim.bytes) * longer_ms / paid.predictions / math.exp(known.mean)
    return Normal(known.mean + math.log(max(ratio, LEAST_RATIO)), known.variance + GUESS_SD**2)


def _by_cost(unrun: Unrun) -> tuple[float, ArmKey]:
    return (unrun.cost.mean if unrun.cost is not None else math.inf), unrun.arm
