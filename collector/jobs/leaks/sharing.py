"""Which of several models on one page memory grows by, told over many sessions.

Within a session, models that run at steady paces all fit the growth. Over the sessions of a release only the
one that leaks keeps its growth per prediction: the others' changes with the pace between them, and is nothing
where they run alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from collector.contract.finding import Cohort, FindingKind
from collector.jobs.leaks.attribution import Attribution
from collector.jobs.leaks.vote import Vote, source_of

CLEARER = 0.6
"""The one that leaks misses its line by less than this share of what any other misses its own by."""
FEWEST = 5
"""Sessions of each model that such lines are drawn through, at least."""
LEAST = 0.05
"""What whole tensors alone make a session miss its line by."""


def settle_shared(votes: Sequence[Vote]) -> list[Vote]:
    """Votes of sessions whose models cannot be told apart, given to the one that the other sessions name.

    Where those do not name one either, the first by name goes on standing for all.
    """
    of: dict[tuple[object, ...], dict[str, list[Vote]]] = defaultdict(lambda: defaultdict(list))
    for vote in votes:
        of[_page(vote)][vote.source].append(vote)
    named = {
        (page, vote.rivals): find_source({source: of[page][source] for source in vote.rivals})
        for vote in votes
        if vote.rivals
        for page in (_page(vote),)
    }
    return [_settle(vote, named.get((_page(vote), vote.rivals))) for vote in votes]


def blame_together(
    grown: Iterable[tuple[FindingKind, Cohort]],
    leaking: Iterable[tuple[FindingKind, Cohort]],
    votes: Sequence[Vote],
) -> dict[tuple[FindingKind, Cohort], Attribution]:
    """Which of the cohorts that have grown are to blame, and why, where models share pages.

    None is that shares one with a cohort of ``leaking``: the growth is that one's. Of several that share a
    page one is: the one whose predictions the growth follows, or the first by name.
    """
    of: dict[tuple[object, ...], dict[str, list[Vote]]] = defaultdict(lambda: defaultdict(list))
    sessions: dict[tuple[FindingKind, Cohort], set[str]] = defaultdict(set)
    for vote in votes:
        of[_page(vote)][vote.source].append(vote)
        sessions[vote.kind, vote.cohort].add(vote.session)
    known = set(leaking)
    blamed: dict[tuple[FindingKind, Cohort], Attribution] = {}
    left = sorted(grown, key=lambda key: (key[0], *key[1].model_dump().values()))
    for key in left:
        kind, cohort = key
        company = [
            other
            for other in {*left, *known}
            if other != key
            and (other[0], other[1].app, other[1].release) == (kind, cohort.app, cohort.release)
            and sessions[other] & sessions[key]
        ]
        if any(other in known for other in company):
            continue
        if not company:
            blamed[key] = Attribution.ALONE
            continue
        page = of[cohort.app, cohort.release, kind]
        sources = sorted(source_of(one) for _, one in [key, *company])
        source = find_source({source: page[source] for source in sources})
        if source_of(cohort) == (source or sources[0]):
            blamed[key] = Attribution.SHARED if source is None else Attribution.SESSIONS
    return blamed


def find_source(votes: Mapping[str, Sequence[Vote]]) -> str | None:
    """The one of several models whose growth keeps to its predictions over all sessions; None: unclear.

    ``votes`` has those of each, by ``Vote.source``, also of sessions in which the others did not run.
    """
    if any(len(group) < FEWEST for group in votes.values()):
        return None
    missed = sorted((max(_miss(source, votes), LEAST), source) for source in votes)
    (least, source), (next_least, _) = missed[0], missed[1]
    return source if least <= CLEARER * next_least else None


def _miss(source: str, votes: Mapping[str, Sequence[Vote]]) -> float:
    """By what share of it sessions miss the growth that this model's predictions make expect: 0 to 1.

    A session in which it did not run, and memory grew all the same, misses it altogether.
    """
    spans = np.array([vote.growth.span for vote in votes[source]], dtype=np.float64)
    grown = np.array([vote.growth.grown for vote in votes[source]])
    pace = float(np.median(grown / spans))
    if pace <= 0:
        return 1.0
    ran = {vote.session for vote in votes[source]}
    without = {
        vote.session: vote.growth for group in votes.values() for vote in group if vote.session not in ran
    }
    missed = [
        *np.minimum(np.abs(grown / (pace * spans) - 1), 1),
        *(float(growth.grown > 0) for growth in without.values()),
    ]
    # A long session says more: in a short one a single tensor is a large share.
    lengths = [*spans, *(growth.span for growth in without.values())]
    return float(np.average(missed, weights=np.sqrt(lengths)))


def _page(vote: Vote) -> tuple[object, ...]:
    return vote.cohort.app, vote.cohort.release, vote.kind


def _settle(vote: Vote, source: str | None) -> Vote:
    if source is None:
        return vote
    blamed = vote.source == source
    return replace(
        vote,
        leaking=blamed,
        yields=not blamed,
        attribution=Attribution.SESSIONS if blamed else None,
    )
