"""All cohorts at once: by their votes, by what their sessions show together, by kinds of device."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from collector.jobs.leaks.assessment import Assessment, Key, Verdict, assess, company, per_minute, quartiles
from collector.jobs.leaks.measurement import threshold_of
from collector.jobs.leaks.pooling import Pool, read_pool
from collector.jobs.leaks.proportion import wilson_lower
from collector.jobs.leaks.settings import LeakSettings
from collector.jobs.leaks.sharing import blame_together
from collector.jobs.leaks.vote import Vote

ALL = 0.5
"""A kind of device leaks by itself when the lower bound says that half of its sessions do, at least."""


def newest_votes(votes: Sequence[Vote], settings: LeakSettings) -> dict[Key, list[Vote]]:
    """The newest ``leaks.judged_sessions`` votes of each signal and cohort, the newest last.

    Those that yield do not count.
    """
    grouped: dict[Key, list[Vote]] = {}
    for vote in votes:
        if not vote.yields:
            grouped.setdefault((vote.kind, vote.cohort), []).append(vote)
    return {
        key: sorted(group, key=lambda vote: (vote.last_at, vote.session))[-settings.judged_sessions :]
        for key, group in grouped.items()
    }


def assess_cohorts(
    newest: Mapping[Key, list[Vote]],
    votes: Sequence[Vote],
    release_order: Mapping[str, Sequence[str]],
    settings: LeakSettings,
) -> dict[Key, Assessment]:
    """An assessment for every signal and cohort that has a vote.

    ``newest`` are those of ``votes`` that count; ``release_order`` gives each app's releases, the first seen
    first.
    """
    assessments = {
        key: assess(key, newest, release_order.get(key[1].app, ()), settings)
        for key in sorted(newest, key=lambda key: (key[0], *key[1].model_dump().values()))
    }
    assessments |= _pool(assessments, newest, votes, settings)
    return assessments | _devices(assessments, newest, release_order, settings)


def _devices(
    assessments: Mapping[Key, Assessment],
    newest: Mapping[Key, list[Vote]],
    release_order: Mapping[str, Sequence[str]],
    settings: LeakSettings,
) -> dict[Key, Assessment]:
    """Cohorts of which one kind of device leaks, which is too few of all sessions to be seen in the whole.

    The kinds that leak count together; hostile sessions may claim any kind, so no arm is refused for it.
    """
    found: dict[Key, Assessment] = {}
    for key, assessment in assessments.items():
        if assessment.verdict is Verdict.LEAKING or assessment.ends or not assessment.leaking:
            continue
        by_device: dict[str, list[Vote]] = defaultdict(list)
        for vote in newest[key]:
            by_device[vote.device].append(vote)
        leaking = {
            device: votes
            for device, votes in by_device.items()
            if len(by_device) > 1
            and len(votes) >= settings.min_sessions
            and wilson_lower(sum(vote.leaking for vote in votes), len(votes)) >= ALL
        }
        votes = [vote for device in sorted(leaking) for vote in leaking[device]]
        if not votes:
            continue
        there = assess(key, {**newest, key: votes}, release_order.get(key[1].app, ()), settings)
        if there.verdict is Verdict.LEAKING:
            found[key] = there.model_copy(update={"where": "; ".join(sorted(leaking))})
    return found


def _pool(
    assessments: Mapping[Key, Assessment],
    newest: Mapping[Key, Sequence[Vote]],
    votes: Sequence[Vote],
    settings: LeakSettings,
) -> dict[Key, Assessment]:
    """The cohorts that leak by what their sessions show together; of models on one page only one does."""
    pools: dict[Key, Pool] = {}
    for key, assessment in assessments.items():
        if assessment.verdict is Verdict.LEAKING or assessment.ends:
            continue
        if assessment.sessions < settings.min_sessions:
            continue
        alike = [vote.growth for vote in newest[key] if vote.signal is assessment.signal]
        pool = read_pool(alike, assessment.course, threshold_of(key[0], assessment.signal, settings))
        if pool is not None and pool.p_value < settings.pool_p:
            pools[key] = pool
    leaking = {key for key, assessment in assessments.items() if assessment.verdict is Verdict.LEAKING}
    blamed = blame_together(pools, leaking, votes)
    return {
        key: assessments[key].model_copy(
            update={
                "verdict": Verdict.LEAKING,
                "pool": pools[key],
                "slope": quartiles([vote.growth.slope for vote in newest[key]]),
                "per_minute": per_minute(newest[key]),
                "attribution": {str(reason): pools[key].sessions},
                "other_models": company(newest[key]),
            }
        )
        for key, reason in blamed.items()
    }
