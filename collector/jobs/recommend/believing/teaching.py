"""What a decision about one model tells the app's other models."""

from collector.contract.device_class import ROOT
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.cells import Shells
from collector.jobs.recommend.believing.effects import own_effects
from collector.jobs.recommend.lessons import Effects
from collector.jobs.recommend.record import DecisionRecord, Shown
from collector.jobs.recommend.settings import RecommendSettings


def own_lessons(shells: Shells, settings: RecommendSettings) -> dict[str, Effects]:
    """What the model itself shows of each class that gets a record."""
    votes = shells.votes
    return {
        device.key: own_effects(shells, device, votes.habits(device))
        for device in votes.classes()
        if ("gpu", "unknown") not in device.facts
        and (device.key == ROOT or len(votes.rows(device)) >= settings.min_class_sessions)
    }


def show(record: DecisionRecord, effects: Effects) -> list[Shown]:
    """What may be lent of it: arms with enough sessions that are not crowded ones."""
    enough = {
        ArmKey(arm.backend, arm.variant)
        for arm in record.arms
        if all(gate.passed for gate in arm.gates if gate.gate == "data")
    }
    return [
        Shown(backend=arm.backend, mean=effect.mean, variance=effect.variance)
        for arm, effect in sorted(effects.items())
        if arm in enough
    ]
