"""What a class recommends, and how sure of it it is."""

import math
from typing import NamedTuple

from collector.contract.device_class import DeviceClass
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.evidence import ClassEvidence
from collector.jobs.recommend.committing.commitment import Standing
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.record import DecisionRecord, State
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.trying.newcomers import likely_by_others
from collector.jobs.recommend.trying.racing import FIRST_RACES


class Chosen(NamedTuple):
    """What a class recommends."""

    state: State
    arm: ArmKey | None
    follows: str | None
    """The parent class whose choice it is."""
    by_others: bool = False
    """Whether other models of the app speak for it, since this one was never measured here."""


def choose(
    standing: Standing,
    chances: dict[ArmKey, float],
    above: DecisionRecord | None,
    votes: Votes,
    settings: RecommendSettings,
) -> Chosen:
    """What a class recommends.

    Args:
        standing: what it is sure of.
        chances: that each arm which passed the gates is the best.
        above: the record of its nearest parent.
        votes: all of the model's.
        settings: the thresholds.
    """
    evidence = standing.evidence
    lent = likely_by_others(chances, above, evidence, settings) if evidence.unseen else None
    if lent is not None:
        return Chosen("exploring", lent, None, by_others=True)
    if above is not None and is_new(evidence.device, votes, settings):
        theirs = ArmKey(*above.recommended) if above.recommended else None
        return Chosen("insufficient", theirs, (above.follows or above.device_class) if theirs else None)
    return Chosen(*_state(standing, chances, above, settings))


def is_new(device: DeviceClass, votes: Votes, settings: RecommendSettings) -> bool:
    """Whether a class has too few sessions and races for a record of its own."""
    few = len(votes.rows(device)) < settings.min_class_sessions
    return few and votes.raced.seen(device).compared < FIRST_RACES


def known_before(standing: Standing) -> ArmKey | None:
    """The arm that a class was sure of before a change, while it looks again."""
    if standing.reopened is None or not standing.in_question or standing.reopened.incumbent is None:
        return None
    return ArmKey(*standing.reopened.incumbent)


def _state(
    standing: Standing,
    chances: dict[ArmKey, float],
    above: DecisionRecord | None,
    settings: RecommendSettings,
) -> tuple[State, ArmKey | None, str | None]:
    """(state, recommended arm, the parent class that is followed).

    A class that cannot commit by itself follows a committed parent, unless its own votes and what it borrows
    leave the parent's choice less than ``error`` of a chance to be the best here. No class is given an
    arm that is expected to cost more than doing nothing. While a class looks again it keeps what it had.
    """
    winner, evidence = standing.committed, standing.evidence
    if winner is not None and not _is_dearer(winner, evidence, settings):
        return "committed", winner, None
    changes = standing.reopened.changes if standing.reopened and standing.in_question else []
    drifted = any(change.why == "drift" and change.device_class == evidence.device.key for change in changes)
    if (
        not drifted
        and above is not None
        and above.recommended is not None
        and (above.state == "committed" or above.follows)
    ):
        theirs = ArmKey(*above.recommended)
        unseen = not chances and (theirs not in evidence.gates or theirs in evidence.unproven())
        if unseen or chances.get(theirs, 0.0) >= settings.error:
            return "insufficient", theirs, above.follows or above.device_class
    cheaper = [arm for arm in sorted(chances) if not _is_dearer(arm, evidence, settings)]
    known = known_before(standing)
    if not cheaper and known in evidence.unproven() and not _is_dearer(known, evidence, settings):
        return "exploring", known, None
    if not cheaper and evidence.default in evidence.unproven():
        return "exploring", evidence.default, None
    if not cheaper:
        return "insufficient", None, None
    # What never ran here is tried, not recommended, as long as something that ran here passes.
    likely = [arm for arm in cheaper if evidence.ran(arm)] or cheaper
    return "exploring", max(likely, key=lambda arm: chances[arm]), None


def _is_dearer(arm: ArmKey, evidence: ClassEvidence, settings: RecommendSettings) -> bool:
    """Whether an arm is expected to cost more than the engine's default.

    Where the default itself is refused, since it fails, an arm may cost as much more as one that is tried.
    """
    default, belief = evidence.default, evidence.belief
    if default is None or arm == default or arm not in belief or default not in belief:
        return False
    refused = default not in evidence.passing() and default not in evidence.unproven()
    limit = math.log(settings.explore_within) if refused else 0.0
    return belief[arm].mean - belief[default].mean > limit
