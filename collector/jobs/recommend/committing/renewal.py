"""What a class that looks again at its arms still has to learn before it commits to one."""

from collections.abc import Sequence

from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.evidence import ClassEvidence
from collector.jobs.recommend.committing.verdict import Contest
from collector.jobs.recommend.trying.candidates import HOPELESS, chance_to_beat


def open_rivals(evidence: ClassEvidence, contest: Contest, passing: Sequence[ArmKey]) -> list[ArmKey]:
    """The arms that have to be beaten: those with votes since the change, and those that may be the best now.

    What was far behind before is not tried for it, and would be waited for in vain.
    """
    believed = [arm for arm in passing if arm in evidence.belief]
    if not believed:
        return list(passing)
    best = min(believed, key=lambda arm: evidence.belief[arm].mean)
    return [
        arm
        for arm in passing
        if arm == best or contest.knows(arm) or chance_to_beat(arm, best, evidence.belief) >= HOPELESS
    ]


def is_confirmed(incumbent: ArmKey, evidence: ClassEvidence, contest: Contest) -> bool:
    """Whether what came since a new version agrees with the arm that was committed to before.

    Each arm that may be better by now must have votes since then, and be behind by them.
    """
    others = [arm for arm in [*evidence.passing(), *evidence.unproven()] if arm != incumbent]
    return all(
        chance_to_beat(arm, incumbent, evidence.belief) < HOPELESS
        or (bool(contest.comparisons(incumbent, arm)) and contest.leads(incumbent, arm))
        for arm in others
        if arm in evidence.belief
    )
