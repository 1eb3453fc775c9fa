"""What devices run that have a backend which most of their class lack.

A class decides for all of its devices, and an arm that few of them can run is none of its arms. Its votes and
what its parents lend say all the same what the arm costs on those that can, since arms are compared on the
same kind of device. A device of a kind never seen has only the plan of a class above it, and says itself what
it can run.
"""

from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.evidence import ClassEvidence
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.record import Able
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.trying.candidates import weigh_candidates
from collector.jobs.recommend.trying.exploration import share_out
from collector.jobs.recommend.trying.propensities import split_traffic
from collector.jobs.recommend.trying.racing import pace_of, plan_race


def decide_able(
    evidence: ClassEvidence,
    recommended: ArmKey | None,
    votes: Votes,
    daily: float,
    settings: RecommendSettings,
) -> Able | None:
    """The plan for those devices; None where no arm that most lack is expected to cost less.

    It rests on belief, as the plan of a class that explores does, and never commits.

    Args:
        evidence: of the class.
        recommended: its arm.
        votes: all of the model's.
        daily: sessions of the class a day.
        settings: as for the class.
    """
    belief = evidence.belief
    known = {arm: belief[arm] for arm in (*evidence.passing(), *evidence.rare()) if arm in belief}
    # What the class recommends for want of anything cheaper may be rare itself.
    rare = [arm for arm in evidence.rare() if arm in known and arm != recommended]
    if not rare or recommended is None or recommended not in known:
        return None
    chances = evidence.chances(known)
    best = max(rare, key=lambda arm: (chances[arm], arm))
    others = [arm for arm in (recommended, evidence.default) if arm in known and arm != best]
    if known[best].mean >= min(known[arm].mean for arm in others) or chances[best] <= chances[recommended]:
        return None
    sure = chances[best] >= 1 - settings.error
    share = votes.capable_share(evidence.rows, best.backend)
    races = {arm: evidence.races_of(arm) for arm in known}
    candidates = weigh_candidates(dict.fromkeys(known, 0), best, belief, settings, races=races)
    tried = share_out(candidates, {} if sure else chances, daily * share, settings)
    default = evidence.default if evidence.default in known else None
    pace = pace_of(evidence, votes, daily * share, settings)
    return Able(
        recommended=best,
        share=share,
        best_probability=chances[best],
        propensities=split_traffic(best, tried, set(), default, settings),
        race=plan_race(best, candidates, pace, settings, sure=sure),
    )
