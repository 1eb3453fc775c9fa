"""Which of several models on one page memory grows by, told over many sessions.

Within a session, models that run at steady paces all fit the growth. Over the sessions of a release only the
one that leaks keeps its growth per prediction: the others' changes with the pace between them, and is nothing
where they run alone.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from collector.contract.finding import Cohort, FindingKind
from collector.jobs.leaks.attribution import Attribution
from collector.jobs.leaks.vote import Vote, source_of

Page = tuple[FindingKind, str, str]
"""What models share whose growth may be one: the kind of finding, the app, its release."""

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
    of = _by_source(votes, {_page(vote) for vote in votes if vote.rivals})
    named = {
        (page, vote.rivals): find_source({source: of[page][source] for source in vote.rivals})
        for vote in votes
        if vote.rivals
        for page in (_page(vote),)
    }
    return [_settle(vote, named[_page(vote), vote.rivals]) if vote.rivals else vote for vote in votes]


def blame_together(
    grown: Iterable[tuple[FindingKind, Cohort]],
    leaking: Iterable[tuple[FindingKind, Cohort]],
    votes: Sequence[Vote],
) -> dict[tuple[FindingKind, Cohort], Attribution]:
    """Which of the cohorts that have grown are to blame, and why, where models share pages.

    None is that shares one with a cohort of ``leaking``: the growth is that one's. Of several that share a
    page one is: the one whose predictions the growth follows, or the first by name.
    """
    pages: dict[Page, dict[str, tuple[FindingKind, Cohort]]] = defaultdict(dict)
    grown, leaking = list(grown), set(leaking)
    for kind, cohort in grown:
        pages[kind, cohort.app, cohort.release] = {}
    for kind, cohort in (*grown, *leaking):
        if (kind, cohort.app, cohort.release) in pages:
            pages[kind, cohort.app, cohort.release][source_of(cohort)] = kind, cohort
    votes_of = _by_source(votes, pages)
    blamed: dict[tuple[FindingKind, Cohort], Attribution] = {}
    for page, keys in pages.items():
        of = votes_of[page]
        sessions = {source: {vote.session for vote in of[source]} for source in keys}
        for source, key in sorted(keys.items()):
            company = [other for other in keys if other != source and sessions[other] & sessions[source]]
            if key in leaking or any(keys[other] in leaking for other in company):
                continue
            named = find_source({one: of[one] for one in (source, *company)}) if company else source
            if source == (named or min(source, *company)):
                blamed[key] = _reason(named, company)
    return blamed


def _reason(named: str | None, company: Sequence[str]) -> Attribution:
    if not company:
        return Attribution.ALONE
    return Attribution.SHARED if named is None else Attribution.SESSIONS


def _by_source(votes: Iterable[Vote], pages: Container[Page]) -> Mapping[Page, Mapping[str, list[Vote]]]:
    """The votes of some pages by what memory may grow by."""
    of: dict[Page, dict[str, list[Vote]]] = defaultdict(lambda: defaultdict(list))
    for vote in votes:
        page = _page(vote)
        if page in pages:
            of[page][vote.source].append(vote)
    return of


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


def _page(vote: Vote) -> Page:
    return vote.kind, vote.cohort.app, vote.cohort.release


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
