"""What a class still has to learn: how, how much longer that takes, and what it costs its visitors."""

import math

from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.record import ArmEvidence, DecisionRecord
from collector.jobs.recommend.telling.reasons import name_arm

TOO_LONG_DAYS = 365
SAME = 0.02
"""Arms whose costs are this near are not worth telling apart."""


def describe_outlook(record: DecisionRecord) -> list[str]:
    """Sentences, each for a line of its own; none for a class that tries nothing."""
    if record.recommended is None or not (record.propensities or record.race):
        return []
    recommended = ArmKey(*record.recommended)
    lines = [*_races(record), *_arms(record, recommended)]
    return [*lines, *_price(record, recommended)] if lines else []


def _races(record: DecisionRecord) -> list[str]:
    if record.race is None:
        return []
    arms = ", ".join(name_arm(*arm) for arm in record.race.arms)
    daily = record.sessions_a_day * record.race.share
    return [
        f"{record.race.share:.2%} of visitors race {arms}: about {_count(daily)} races a day. "
        f"{record.parameters.min_races} races of two arms may decide."
    ]


def _arms(record: DecisionRecord, recommended: ArmKey) -> list[str]:
    known = {ArmKey(arm.backend, arm.variant): arm for arm in record.arms}
    lines: list[str] = []
    for share in record.propensities:
        key = ArmKey(share.backend, share.variant)
        if key == recommended:
            continue
        arm = known.get(key)
        daily = share.probability * record.sessions_a_day
        name = name_arm(*key)
        enough = record.parameters.min_sessions
        if arm is None or arm.sessions < enough:
            had = arm.sessions if arm else 0
            lines.append(f"{name} has {had} of {enough} sessions: {_days(enough - had, daily)} more.")
        elif record.state == "exploring" and (lacks := _lacks(arm)) is not None:
            lines.append(
                f"{name} needs about {_count(lacks)} more sessions to be told apart: {_days(lacks, daily)}."
            )
    return lines


def _lacks(arm: ArmEvidence) -> float | None:
    """Sessions until the interval of its ratio leaves 1 out, were the ratio to stay; None where it does.

    An interval narrows with the root of the sessions.
    """
    interval, ratio = arm.ratio_interval, arm.ratio_to_best
    if interval is None or ratio is None or not interval.low or not interval.high:
        return None
    gap, width = abs(math.log(ratio)), math.log(interval.high / interval.low) / 2
    return arm.votes * ((width / max(gap, SAME)) ** 2 - 1) if width > gap else None


def _price(record: DecisionRecord, recommended: ArmKey) -> list[str]:
    """What the plan's visitors wait longer than if all ran the recommended arm, as far as costs are known."""
    costs = {ArmKey(arm.backend, arm.variant): arm.borrowed_cost_ms for arm in record.arms}
    best = costs.get(recommended)
    if not best:
        return []
    extra = sum(
        share.probability * max(0.0, cost / best - 1)
        for share in record.propensities
        if (cost := costs.get(ArmKey(share.backend, share.variant)))
    )
    return [
        f"What is tried costs {extra:.1%} of the time that visitors wait. To know sooner, raise "
        "recommend.regret_budget: twice the share takes half the time and costs twice as much."
    ]


def _days(sessions: float, daily: float) -> str:
    days = sessions / daily if daily > 0 else math.inf
    if days > TOO_LONG_DAYS:
        return "over a year at its share of the sessions"
    return f"about {_count(days)} {'day' if _count(days) == '1' else 'days'}"


def _count(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"
