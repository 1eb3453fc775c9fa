"""What a record says of each arm."""

import math

from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.evidence import ClassEvidence
from collector.jobs.recommend.committing.verdict import Contest
from collector.jobs.recommend.counting.strata import Strata
from collector.jobs.recommend.counting.votes import Votes, median_of
from collector.jobs.recommend.record import ArmEvidence, Download
from collector.jobs.recommend.settings import RecommendSettings

BYTES_A_MBIT = 125_000


def describe_arms(
    evidence: ClassEvidence,
    votes: Votes,
    contest: Contest,
    recommended: ArmKey | None,
    chances: dict[ArmKey, float],
) -> list[ArmEvidence]:
    """The arms of a class, the cheapest of those that passed the gates first.

    Args:
        evidence: what the class knows.
        votes: all of the model's.
        contest: its arms compared.
        recommended: what the others are held against.
        chances: that each arm which passed the gates is the best.
    """
    settings = contest.settings
    costs = _comparable_costs(evidence.strata)
    arms: list[ArmEvidence] = []
    for arm in (*votes.arms, *evidence.unrun):
        mine = evidence.rows[:0] if arm in evidence.unrun else votes.of_arm(evidence.rows, arm)
        place = evidence.strata.distances(arm) if arm in evidence.strata.counts else None
        ratio, interval = contest.ratio(arm, recommended) if recommended is not None else (None, None)
        gates = evidence.gates[arm]
        arms.append(
            ArmEvidence(
                backend=arm.backend,
                variant=arm.variant,
                sessions=len(mine),
                races=evidence.raced.counts.get(arm, 0) if evidence.raced else 0,
                votes=place.n if place else 0,
                predictions=int(votes.predictions[mine].sum()),
                cost_ms=costs.get(arm),
                spread=math.sqrt(place.variance(settings.prior_sd, settings.prior_weight)) if place else None,
                ready_ms=median_of(votes.ready[mine]),
                start_ms=median_of(votes.start[mine]),
                bytes=votes.sizes.get(arm.variant),
                ratio_to_best=ratio,
                ratio_interval=interval,
                borrowed_cost_ms=math.exp(evidence.belief[arm].mean) if arm in evidence.belief else None,
                predicted=arm in evidence.unrun,
                best_probability=chances.get(arm, 0.0),
                passed=all(gate.passed for gate in gates),
                gates_from=evidence.gates_from[arm],
                gates=gates,
            )
        )
    return sorted(arms, key=_by_cost)


def describe_download(evidence: ClassEvidence, settings: RecommendSettings) -> Download | None:
    """What bytes cost in a class; None where neither the objective nor a prediction asks."""
    if not settings.aim.bytes and not evidence.unrun:
        return None
    price = evidence.price
    return Download(
        mbit_s=price.bytes_a_ms / BYTES_A_MBIT * 1000,
        cached_share=price.cached_share,
        loads=price.loads,
        measured_in=price.measured_in,
        measured=price.measured,
    )


def _by_cost(arm: ArmEvidence) -> tuple[bool, float, str, str]:
    """The order of a record's arms, and so of a plan's fallbacks. What never ran here goes by belief."""
    cost = arm.cost_ms or arm.borrowed_cost_ms or math.inf
    return not arm.passed, cost, arm.backend, arm.variant


def _comparable_costs(strata: Strata) -> dict[ArmKey, float]:
    """Costs in ms as on the devices of the arm with most votes; without arms that share no leaf with it."""
    if not strata.counts:
        return {}
    most = min(strata.counts, key=lambda arm: (-strata.counts[arm], arm))
    level = strata.location(most).mean
    costs = {most: math.exp(level)}
    for arm in strata.counts:
        pair = strata.pair(arm, most) if arm != most else None
        if pair is not None:
            costs[arm] = math.exp(level + pair.first.mean - pair.second.mean)
    return costs
