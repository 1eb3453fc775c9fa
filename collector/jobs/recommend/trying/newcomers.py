"""Classes that a model is new to: what it is given there for what the app's other models show."""

from collections.abc import Iterable, Mapping

from collector.contract.device_class import DeviceClass, parse
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.borrowing import Borrowed
from collector.jobs.recommend.believing.evidence import ClassEvidence
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.trying.candidates import chance_to_beat


def all_classes(votes: Votes, borrowed: Borrowed, before: Iterable[str]) -> list[DeviceClass]:
    """Those of the model, those that only others were seen in, and those that were planned for by their help.

    Parents before children, then by key.
    """
    known = [*borrowed.classes(), *(parse(key) for key in before), *votes.classes()]
    return sorted({each.key: each for each in known}.values(), key=lambda each: (each.level, each.key))


def likely_by_others(
    chances: Mapping[ArmKey, float],
    above: DecisionRecord | None,
    evidence: ClassEvidence,
    settings: RecommendSettings,
) -> ArmKey | None:
    """The arm for devices that only other models have run on; None to leave them with what they get anyway.

    That is the choice of the class above. Another arm must be likely to cost less than that, and is not
    expected to cost more than the default. Where the devices cannot run that choice, the default is kept for
    them: what the plan above falls back to was not chosen for them.
    """
    default, belief = evidence.default, evidence.belief
    usual = ArmKey(*above.recommended) if above and above.recommended else default
    runs_there = usual in chances
    if not runs_there:
        usual = default
    if usual is None or usual not in belief:
        return None
    better = [
        arm
        for arm in sorted(chances)
        if arm != usual
        and chance_to_beat(arm, usual, belief) >= settings.borrow_chance
        and (default not in belief or arm == default or belief[arm].mean <= belief[default].mean)
    ]
    if better:
        return max(better, key=lambda arm: chances[arm])
    return None if runs_there or usual not in chances else usual
