"""The decision itself: pure, without clock, store or randomness. The same inputs give the same records."""

import math
from dataclasses import replace

import numpy as np

from collector.contract.device_class import ROOT, DeviceClass
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.borrowing import Borrowed
from collector.jobs.recommend.believing.cells import Shells
from collector.jobs.recommend.believing.crowds import Crowds
from collector.jobs.recommend.believing.evidence import ClassEvidence, gather
from collector.jobs.recommend.believing.shrinkage import between_class_variances
from collector.jobs.recommend.believing.teaching import own_lessons, show
from collector.jobs.recommend.committing.commitment import Standing, assess_class, weigh_doubts
from collector.jobs.recommend.committing.verdict import Contest
from collector.jobs.recommend.counting.strata import Strata
from collector.jobs.recommend.counting.votes import Votes, median_of
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.record import ArmEvidence, Change, DecisionRecord, State
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.telling.reasons import explain_reason
from collector.jobs.recommend.trying.able import decide_able
from collector.jobs.recommend.trying.newcomers import all_classes, likely_by_others
from collector.jobs.recommend.trying.racing import FIRST_RACES
from collector.jobs.recommend.trying.trials import NO_TRIALS, Choice, plan_trials
from collector.jobs.recommend.watching.reopening import Reopenings

EVERYWHERE = DeviceClass(facts=())
MAX_ARMS = 32  # a session can name any variant; the record lists the arms that most sessions ran


def decide(inputs: ModelInputs, settings: RecommendSettings) -> list[DecisionRecord]:
    """Decides for every device class of one model that has enough sessions, parents before children."""
    inputs = _keep_most_visited(inputs)
    votes, changes = _watch(inputs, settings)
    crowds = Crowds(votes, inputs.published, settings)
    variances = between_class_variances(votes, votes.usual_predictions(EVERYWHERE), settings)
    shells = Shells(votes, settings)
    own = own_lessons(shells, settings)
    daily = {device.key: votes.count(device) / max(inputs.days, 1) for device in votes.classes()}
    borrowed = Borrowed(votes.arms, own, inputs.lent, settings, daily)
    told = {device.key for device in borrowed.classes()} | inputs.borrowing
    standings: list[Standing] = []
    for device in all_classes(votes, borrowed, inputs.borrowing):
        if ("gpu", "unknown") in device.facts:
            # No kind of device, but pages whose GPU was not looked up yet: slow backends are over-represented
            # among them. Such a device follows the class above, which has all sessions.
            continue
        few = len(votes.rows(device)) < settings.min_class_sessions
        unraced = votes.raced.seen(device).compared < FIRST_RACES
        if device.key != ROOT and few and unraced and device.key not in told:
            continue
        evidence = gather(
            device, shells, inputs, settings, variances=variances, crowds=crowds, borrowed=borrowed
        )
        standings.append(
            assess_class(
                evidence,
                inputs.incumbents.get(device.key),
                settings,
                changes=changes.get(device.key, ()),
                before=inputs.reopened.get(device.key),
            )
        )
    records: dict[str, DecisionRecord] = {}
    for standing in weigh_doubts(standings, votes, settings):
        device = standing.evidence.device
        above = [records[up.key] for up in list(device.ancestors())[1:] if up.key in records]
        unlike = math.fsum(variances[device.level + 1 :])
        record = _decide_class(standing, votes, above, inputs, settings, unlike=unlike)
        # Of a class that is new to this model, only what others know better than the class above is news.
        new = device.key != ROOT and _is_new(standing.evidence, votes, settings)
        if not new or record.borrowed_from or device.key in inputs.borrowing:
            records[device.key] = record.model_copy(update={"shows": show(record, own.get(device.key, {}))})
    return list(records.values())


def _watch(inputs: ModelInputs, settings: RecommendSettings) -> tuple[Votes, dict[str, list[Change]]]:
    """(the votes, each as much as it says of today; the changes that have classes look again, by key)."""
    known = Reopenings.known(inputs)
    votes = Votes(
        known.age(inputs.visits), settings, inputs.races, inputs.totals, inputs.sizes, is_old=known.is_old
    )
    now = known.watched(votes, inputs, settings)
    if len(now.causes) > len(known.causes):
        votes = Votes(
            now.age(inputs.visits), settings, inputs.races, inputs.totals, inputs.sizes, is_old=now.is_old
        )
    return votes, now.of_classes(votes)


def _decide_class(
    standing: Standing,
    votes: Votes,
    above: list[DecisionRecord],
    inputs: ModelInputs,
    settings: RecommendSettings,
    *,
    unlike: float,
) -> DecisionRecord:
    """The record of one class.

    Args:
        above: those of its parents, the nearest one first.
        unlike: the variance of an arm's standing between this class and a leaf class in it.
    """
    evidence, contest, passing = standing.evidence, standing.contest, standing.passing
    chances = evidence.chances(passing)
    nearest = above[0] if above else None
    state, recommended, follows = _state(standing, chances, nearest, settings)
    lent = likely_by_others(chances, nearest, evidence, settings) if evidence.unseen else None
    if lent is not None:
        state, recommended, follows = "exploring", lent, None
    elif nearest is not None and _is_new(evidence, votes, settings):
        state, recommended = "insufficient", ArmKey(*nearest.recommended) if nearest.recommended else None
        follows = (nearest.follows or nearest.device_class) if recommended else None
    # The default may be recommended for want of anything cheaper: that changes nothing but what is tried.
    publishable = recommended in passing or recommended in (evidence.default, _known_before(standing))
    daily = evidence.sessions / max(inputs.days, 1)
    trials = NO_TRIALS
    if recommended is not None and publishable:
        choice = Choice(recommended, passing, state, unlike)
        trials = plan_trials(choice, evidence, votes, above=above, inputs=inputs, settings=settings)
    ratio, interval = None, None
    if state == "insufficient" and follows is None:
        ratio = 1.0  # nothing changes
    elif recommended is not None and evidence.default is not None:
        ratio, interval = contest.ratio(recommended, evidence.default)
        if ratio is None and {recommended, evidence.default} <= evidence.belief.keys():
            ratio = math.exp(evidence.belief[recommended].mean - evidence.belief[evidence.default].mean)
    draft = DecisionRecord(
        app=inputs.app,
        model=inputs.model,
        device_class=evidence.device.key,
        level=evidence.device.level,
        state=state,
        reason="",
        recommended=recommended,
        default=evidence.default,
        default_source=None
        if evidence.default is None
        else ("observed" if evidence.default_observed else "engine_priority"),
        expected_ratio=ratio,
        expected_interval=interval,
        usual_predictions=evidence.usual,
        sessions_a_day=daily,
        follows=follows,
        doubt=standing.doubt if follows is None else None,
        doubted_by=standing.doubted_by if follows is None else [],
        reopened=standing.reopened,
        arms=_describe_arms(evidence, votes, contest, recommended, chances),
        untried=evidence.untried,
        borrowed_from=[] if lent is None else sorted(evidence.lenders),
        propensities=trials.propensities,
        race=trials.race,
        able=decide_able(evidence, recommended, votes, daily, settings) if trials.propensities else None,
        parameters=settings,
    )
    return draft.model_copy(update={"reason": explain_reason(draft, kept_incumbent=standing.kept_incumbent)})


def _is_new(evidence: ClassEvidence, votes: Votes, settings: RecommendSettings) -> bool:
    """Whether a class has too few sessions and races for a record of its own."""
    few = len(evidence.rows) < settings.min_class_sessions
    return few and votes.raced.seen(evidence.device).compared < FIRST_RACES


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
    known = _known_before(standing)
    if not cheaper and known in evidence.unproven() and not _is_dearer(known, evidence, settings):
        return "exploring", known, None
    if not cheaper and evidence.default in evidence.unproven():
        return "exploring", evidence.default, None
    if not cheaper:
        return "insufficient", None, None
    # What never ran here is tried, not recommended, as long as something that ran here passes.
    likely = [arm for arm in cheaper if evidence.ran(arm)] or cheaper
    return "exploring", max(likely, key=lambda arm: chances[arm]), None


def _known_before(standing: Standing) -> ArmKey | None:
    """The arm that a class was sure of before a change, while it looks again."""
    if standing.reopened is None or not standing.in_question or standing.reopened.incumbent is None:
        return None
    return ArmKey(*standing.reopened.incumbent)


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


def _describe_arms(
    evidence: ClassEvidence,
    votes: Votes,
    contest: Contest,
    recommended: ArmKey | None,
    chances: dict[ArmKey, float],
) -> list[ArmEvidence]:
    settings = contest.settings
    costs = _comparable_costs(evidence.strata)
    arms: list[ArmEvidence] = []
    for arm in votes.arms:
        mine = votes.of_arm(evidence.rows, arm)
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
                best_probability=chances.get(arm, 0.0),
                passed=all(gate.passed for gate in gates),
                gates_from=evidence.gates_from[arm],
                gates=gates,
            )
        )
    return sorted(arms, key=_by_cost)


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


def _keep_most_visited(inputs: ModelInputs) -> ModelInputs:
    days = inputs.visits
    counts = np.bincount(days.arm, minlength=len(days.arms))
    if np.count_nonzero(counts) <= MAX_ARMS:
        return inputs
    kept = np.argsort(-counts, kind="stable")[:MAX_ARMS]
    return replace(inputs, visits=days.take(np.isin(days.arm, kept)))
