"""How a plan splits installs: the recommended arm, candidates, a little exploration, a holdback."""

from collections.abc import Mapping, Sequence
from typing import Literal

from collector.jobs.recommend.inputs import ArmKey
from collector.jobs.recommend.record import Propensity
from collector.jobs.recommend.settings import RecommendSettings

Why = Literal["recommended", "candidate", "exploration", "holdback"]
DIGITS = 4


def split_traffic(
    recommended: ArmKey,
    shares: Mapping[ArmKey, float],
    explored: Sequence[ArmKey],
    default: ArmKey | None,
    settings: RecommendSettings,
) -> list[Propensity]:
    """The probabilities of a plan; they add up to 1 exactly, in units of 0.0001.

    Args:
        recommended: the arm that takes what the others leave.
        shares: the chance of each passing arm to be the best; only the recommended one when committed.
        explored: arms that share the exploration. None of them: no exploration.
        default: the arm held back, when it passes the gates; None keeps nothing back.
        settings: ``exploration`` and ``holdback``.
    """
    units = 10**DIGITS
    weights: dict[ArmKey, tuple[int, Why]] = {}
    explore = round(settings.exploration * units) if explored else 0
    hold = round(settings.holdback * units) if default is not None and default != recommended else 0
    for arm in sorted(explored):
        weights[arm] = (explore // len(explored), "exploration")
    if default is not None and hold:
        weights[default] = (weights.get(default, (0, "holdback"))[0] + hold, "holdback")
    rest = units - sum(weight for weight, _ in weights.values())
    for arm in sorted(shares):
        if arm == recommended:
            continue
        share = int(rest * shares[arm])
        if share:
            held, why = weights.get(arm, (0, "candidate"))
            weights[arm] = (held + share, "candidate" if share > held else why)
    left = units - sum(weight for weight, _ in weights.values())
    weights[recommended] = (weights.get(recommended, (0, "recommended"))[0] + left, "recommended")
    ordered = sorted(weights.items(), key=lambda item: (-item[1][0], item[0]))
    return [
        Propensity(backend=arm.backend, variant=arm.variant, probability=weight / units, why=why)
        for arm, (weight, why) in ordered
        if weight
    ]
