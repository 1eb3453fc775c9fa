"""The decision itself: pure, without clock, store or randomness. The same inputs give the same records."""

import math
from dataclasses import replace

import numpy as np

from collector.contract.device_class import EVERYWHERE, ROOT
from collector.jobs.recommend.believing.borrowing import Borrowed
from collector.jobs.recommend.believing.cells import Shells
from collector.jobs.recommend.believing.crowds import Crowds
from collector.jobs.recommend.believing.evidence import gather
from collector.jobs.recommend.believing.shrinkage import between_class_variances
from collector.jobs.recommend.believing.teaching import own_lessons, show
from collector.jobs.recommend.choosing import choose, is_new, known_before
from collector.jobs.recommend.committing.commitment import Standing, assess_class, weigh_doubts
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.describing import describe_arms, describe_download
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.record import Change, DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.telling.reasons import explain_reason
from collector.jobs.recommend.trading import describe_variants
from collector.jobs.recommend.trying.able import decide_able
from collector.jobs.recommend.trying.newcomers import all_classes
from collector.jobs.recommend.trying.trials import NO_TRIALS, Choice, plan_trials
from collector.jobs.recommend.watching.reopening import Reopenings

MAX_ARMS = 32  # a session can name any variant; the record lists the arms that most sessions ran


def decide(inputs: ModelInputs, settings: RecommendSettings) -> list[DecisionRecord]:
    """Decides for every device class of one model that has enough sessions, parents before children."""
    inputs = _keep_most_visited(inputs)
    settings = settings.for_model(inputs.max_accuracy_loss)
    votes, changes = _watch(inputs, settings)
    crowds = Crowds(votes, inputs.published, settings)
    variances = between_class_variances(votes, votes.habits(EVERYWHERE), settings)
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
        if device.key != ROOT and is_new(device, votes, settings) and device.key not in told:
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
        new = device.key != ROOT and is_new(device, votes, settings)
        if not new or record.borrowed_from or device.key in inputs.borrowing:
            records[device.key] = record.model_copy(update={"shows": show(record, own.get(device.key, {}))})
    return list(records.values())


def _watch(inputs: ModelInputs, settings: RecommendSettings) -> tuple[Votes, dict[str, list[Change]]]:
    """(the votes, each as much as it says of today; the changes that have classes look again, by key)."""
    known = Reopenings.known(inputs)
    votes = _count(inputs, known, settings)
    now = known.watched(votes, inputs, settings)
    if len(now.causes) > len(known.causes):
        votes = _count(inputs, now, settings)
    return votes, now.of_classes(votes)


def _count(inputs: ModelInputs, known: Reopenings, settings: RecommendSettings) -> Votes:
    return Votes(
        known.age(inputs.visits),
        settings,
        inputs.races,
        inputs.totals,
        inputs.sizes,
        loads=inputs.loads,
        is_old=known.is_old,
    )


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
    chosen = choose(standing, chances, above[0] if above else None, votes, settings)
    state, recommended, follows = chosen.state, chosen.arm, chosen.follows
    # The default may be recommended for want of anything cheaper: that changes nothing but what is tried.
    publishable = recommended in passing or recommended in (evidence.default, known_before(standing))
    daily = evidence.sessions / max(inputs.days, 1)
    trials = NO_TRIALS
    if recommended is not None and publishable:
        choice = Choice(recommended, passing, state, unlike)
        trials = plan_trials(choice, evidence, votes, above=above, daily=daily, settings=settings)
    ratio, interval = None, None
    if state == "insufficient" and follows is None:
        ratio = 1.0  # nothing changes
    elif recommended is not None and evidence.default is not None:
        ratio, interval = contest.ratio(recommended, evidence.default)
        if ratio is None and {recommended, evidence.default} <= evidence.belief.keys():
            ratio = math.exp(evidence.belief[recommended].mean - evidence.belief[evidence.default].mean)
    arms = describe_arms(evidence, votes, contest, recommended, chances)
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
        arms=arms,
        download=describe_download(evidence, settings),
        variants=describe_variants(arms, recommended, inputs, settings),
        untried=evidence.untried,
        borrowed_from=sorted(evidence.lenders) if chosen.by_others else [],
        propensities=trials.propensities,
        race=trials.race,
        able=decide_able(evidence, recommended, votes, daily, settings) if trials.propensities else None,
        parameters=settings,
    )
    return draft.model_copy(update={"reason": explain_reason(draft, kept_incumbent=standing.kept_incumbent)})


def _keep_most_visited(inputs: ModelInputs) -> ModelInputs:
    days = inputs.visits
    counts = np.bincount(days.arm, minlength=len(days.arms))
    if np.count_nonzero(counts) <= MAX_ARMS:
        return inputs
    kept = np.argsort(-counts, kind="stable")[:MAX_ARMS]
    return replace(inputs, visits=days.take(np.isin(days.arm, kept)))
