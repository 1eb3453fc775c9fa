"""Whether a class may commit to the arm that is ahead in it, given what the classes below it say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.evidence import ClassEvidence
from collector.jobs.recommend.committing.renewal import is_confirmed, open_rivals
from collector.jobs.recommend.committing.verdict import Contest, find_leader, find_winner
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.record import Change, Doubt, Reopened
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.watching.reopening import look_again


@dataclass(frozen=True, slots=True)
class Standing:
    """How a class's arms stand, and what keeps it from committing."""

    evidence: ClassEvidence
    contest: Contest
    passing: list[ArmKey]
    winner: ArmKey | None
    """The arm that is surely ahead here. It is committed to when there is no ``doubt``."""
    kept_incumbent: bool
    doubt: Doubt | None = None
    doubted_by: list[str] = field(default_factory=list)
    """The classes below that are sure of another arm, or the arms that cannot be compared."""
    reopened: Reopened | None = None
    """Why it looks again at what it knew."""
    in_question: bool = False
    """Whether what it committed to before is."""

    @property
    def committed(self) -> ArmKey | None:
        """The arm that this class commits to."""
        return self.winner if self.doubt is None else None


def assess_class(
    evidence: ClassEvidence,
    incumbent: ArmKey | None,
    settings: RecommendSettings,
    *,
    changes: Sequence[Change] = (),
    before: Reopened | None = None,
) -> Standing:
    """How the arms of one class stand by its own votes, since the last of some changes."""
    passing = evidence.passing()
    contest = _contest(evidence, settings)
    enough = contest.with_at_least(settings.min_sessions)
    reopened, in_question = look_again(changes, incumbent, before)
    if reopened is None or not in_question:
        winner, kept = find_winner(enough, passing, incumbent)
        if reopened is not None and winner is None and incumbent in passing:
            # It was confirmed after the change, maybe by fewer votes than a first commitment takes.
            kept = not any(enough.beats(rival, incumbent) for rival in passing if rival != incumbent)
            winner = incumbent if kept else None
    else:
        winner, kept = find_winner(enough, open_rivals(evidence, enough, passing), None)
        known = ArmKey(*reopened.incumbent) if reopened.incumbent else None
        by_version = all(change.why == "version" for change in changes)
        if winner is None and by_version and known in passing and is_confirmed(known, evidence, enough):
            winner = known
        kept = winner is not None and winner == known
        # The arm of before is followed by another only through votes that came since.
        incumbent = winner
    alone = len(passing) == 1 and bool(evidence.unproven() or evidence.untried)
    if alone and winner != incumbent:
        winner = None  # for want of rivals that were tried, not because it beat them
    return Standing(
        evidence,
        contest,
        passing,
        winner,
        kept,
        reopened=reopened,
        in_question=in_question and winner is None,
    )


def weigh_doubts(standings: Sequence[Standing], votes: Votes, settings: RecommendSettings) -> list[Standing]:
    """The same standings with what speaks against committing: unlike classes below, or no fair comparison."""
    below: dict[str, list[Standing]] = defaultdict(list)
    for standing in standings:
        if standing.winner is not None:
            for ancestor in list(standing.evidence.device.ancestors())[1:]:
                below[ancestor.key].append(standing)
    return [_weigh(standing, below, votes, settings) for standing in standings]


def _weigh(
    standing: Standing, below: Mapping[str, Iterable[Standing]], votes: Votes, settings: RecommendSettings
) -> Standing:
    contest = standing.contest.with_at_least(settings.min_sessions)
    winner = standing.winner
    if winner is None:
        apart = _incomparable(contest, standing.passing)
        return replace(standing, doubt="no_common_support", doubted_by=apart) if apart else standing
    against = [
        other.evidence.device.key
        for other in below.get(standing.evidence.device.key, [])
        if other.winner is not None
        and other.winner != winner
        and other.contest.with_at_least(settings.min_sessions).beats(other.winner, winner)
    ]
    if against:
        return replace(standing, doubt="classes_disagree", doubted_by=against)
    rivals = [arm for arm in standing.passing if arm != winner]
    if rivals and _compared_share(standing, winner, rivals, votes) < settings.min_compared_share:
        return replace(standing, doubt="no_common_support", doubted_by=[str(winner)])
    return standing


def _incomparable(contest: Contest, passing: Sequence[ArmKey]) -> list[str]:
    """The leader and its rivals that have enough votes, but not on the same strata."""
    leader = find_leader(contest, passing)
    if leader is None:
        return []
    rivals = [
        arm
        for arm in passing
        if arm != leader and contest.knows(arm) and not contest.comparisons(leader, arm)
    ]
    return [str(arm) for arm in (leader, *rivals)] if rivals else []


def _compared_share(standing: Standing, winner: ArmKey, rivals: Iterable[ArmKey], votes: Votes) -> float:
    """The share of a class's votes that lie in children where the winner met a rival; 1 in a leaf class."""
    device, stratum = standing.evidence.device, standing.contest.strata.layout.stratum
    children = votes.children_of(device)
    if not children or not len(stratum):
        return 1.0
    pairs = (standing.contest.pair(winner, rival) for rival in rivals)
    met = {int(one) for pair in pairs if pair is not None for one in pair.strata}
    covered = [one for child in children if met & set(strata := votes.strata_of(child)) for one in strata]
    return float(np.isin(stratum, covered).mean())


def _contest(evidence: ClassEvidence, settings: RecommendSettings) -> Contest:
    """Bonferroni over all arms with enough votes: a gate's answer must not change the error."""
    counts = [evidence.strata.counts, evidence.raced.counts if evidence.raced else {}]
    enough = (settings.min_sessions, settings.min_races)
    known = (arm for of, least in zip(counts, enough, strict=True) for arm, n in of.items() if n >= least)
    contenders = len(set(known))
    return Contest(evidence.strata, settings.error / max(1, contenders - 1), settings, evidence.raced)
