"""How a plan splits installs: the recommended arm, arms that are tried, a holdback."""

from collections.abc import Mapping, Set
from typing import Literal

from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.record import Propensity
from collector.jobs.recommend.settings import RecommendSettings

Why = Literal["recommended", "candidate", "exploration", "holdback"]
DIGITS = 4


def split_traffic(
    recommended: ArmKey,
    tried: Mapping[ArmKey, float],
    lacking: Set[ArmKey],
    default: ArmKey | None,
    settings: RecommendSettings,
) -> list[Propensity]:
    """The probabilities of a plan; they add up to 1 exactly, in units of 0.0001.

    Args:
        recommended: the arm that takes what the others leave.
        tried: the share of installs of each arm that is tried; they add up to at most 1.
        lacking: which of them have too few sessions to be judged.
        default: the arm held back, when it passes the gates; None keeps nothing back.
        settings: ``holdback``.
    """
    units = 10**DIGITS
    weights: dict[ArmKey, tuple[int, Why]] = {
        arm: (int(share * units), "exploration" if arm in lacking else "candidate")
        for arm, share in tried.items()
        if arm != recommended
    }
    hold = round(settings.holdback * units) if default is not None and default != recommended else 0
    if default is not None and hold > weights.get(default, (0, ""))[0]:
        rest = units - sum(weight for arm, (weight, _) in weights.items() if arm != default)
        weights[default] = (min(hold, rest), "holdback")
    left = units - sum(weight for weight, _ in weights.values())
    weights[recommended] = (left, "recommended")
    ordered = sorted(weights.items(), key=lambda item: (-item[1][0], item[0]))
    return [
        Propensity(backend=arm.backend, variant=arm.variant, probability=weight / units, why=why)
        for arm, (weight, why) in ordered
        if weight
    ]
