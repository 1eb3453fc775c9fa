"""Finds what got worse: all cohorts at once, then one claim for each cause."""

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from collector.contract.finding import FindingKind
from collector.jobs.regressions.claims import Claim, scope_of, version_of
from collector.jobs.regressions.contrasts import Contrasts
from collector.jobs.regressions.evidence import reject
from collector.jobs.regressions.explanation import LEVEL_SHARE, LEVELS, Candidates, in_scope, scopes
from collector.jobs.regressions.look import Look
from collector.jobs.regressions.settings import RegressionSettings
from collector.jobs.regressions.signals import SIGNALS
from collector.jobs.regressions.splits import DAY_S, Split, choose_splits, day_splits
from collector.jobs.regressions.votes import Flags, Labels

MOST_CLAIMS = 8
"""Of one kind in one app and run: who has more has one trouble that no scope describes."""
THREADS = 2


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """What a search saw."""

    claims: list[Claim]
    cohorts: int
    """Those that could be compared, over all signals and versions."""
    tests: int
    """Scopes that were judged."""


def search(
    look: Look, taken: Mapping[FindingKind, Flags], settings: RegressionSettings, now: datetime
) -> Found:
    """Claims that the votes bear out, the best explanation first.

    Args:
        look: the votes.
        taken: by kind, of shape (leaves,): cohorts that an open finding is about.
        settings: how much evidence it takes.
        now: the present.
    """
    splits = find_splits(look, settings, now)
    contrasts = compare_all(look, splits)
    candidates, tests = scopes(contrasts, splits, look.kinds, settings)
    rejected = reject(candidates.weighed, settings.error)
    claims: list[Claim] = []
    if rejected.any():
        bar = float(candidates.weighed[rejected].min())
        for app in np.unique(candidates.app[rejected]):
            claims += _explain(_App(int(app), look, splits, contrasts, tests, bar, settings), taken)
    return Found(claims, sum(len(each.leaf) for each in contrasts.values()), int(tests.sum()))


def find_splits(look: Look, settings: RegressionSettings, now: datetime) -> list[Split]:
    """The versions and days that are looked at, of all apps."""
    found = [
        split
        for along in look.ordered.values()
        for split in choose_splits(along, look.votes, settings.min_sessions, now.timestamp())
    ]
    return [*found, *day_splits(1, int(now.timestamp() // DAY_S))]


def compare_all(look: Look, splits: Sequence[Split]) -> dict[int, Contrasts]:
    """Of each signal, every cohort at every split; two signals at a time, since numpy lets go of the GIL."""
    sides = [look.side(split) for split in splits]

    def of_signal(place: int) -> Contrasts:
        data = look.sorted(SIGNALS[place])
        return Contrasts.joined(
            [
                look.contrast(SIGNALS[place], split, number, data=data, side=sides[number])
                for number, split in enumerate(splits)
            ]
        )

    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        return dict(enumerate(pool.map(of_signal, range(len(SIGNALS)))))


@dataclass(frozen=True, eq=False, slots=True)
class _App:
    """One app's part of a search."""

    app: int
    look: Look
    splits: Sequence[Split]
    contrasts: Mapping[int, Contrasts]
    tests: Labels
    bar: float
    settings: RegressionSettings


def _explain(part: _App, taken: Mapping[FindingKind, Flags]) -> Iterator[Claim]:
    """Takes the best explanation, then the best of what it leaves, until nothing is left that is sure."""
    kinds = part.look.kinds
    of_app = kinds.app == part.app
    for kind in FindingKind:
        places = [place for place, signal in enumerate(SIGNALS) if signal.kind is kind]
        if not places:
            continue
        free = of_app & ~taken.get(kind, np.zeros(kinds.leaves, dtype=bool))
        for _ in range(MOST_CLAIMS):
            left = {
                place: part.contrasts[place].take(np.flatnonzero(free[part.contrasts[place].leaf]))
                for place in places
            }
            candidates, _ = scopes(left, part.splits, kinds, part.settings, tests=part.tests)
            sure = np.flatnonzero(candidates.weighed >= part.bar)
            if not len(sure):
                break
            best = int(sure[np.argmax(candidates.score[sure])])
            yield _claim(part, candidates, best)
            fixed = LEVELS[int(candidates.level[best])]
            leaf = int(candidates.leaf[best])
            free &= ~in_scope(kinds, part.app, {name: int(kinds.facets[name][leaf]) for name in fixed})


def _claim(part: _App, candidates: Candidates, best: int) -> Claim:
    look, leaf = part.look, int(candidates.leaf[best])
    split = part.splits[int(candidates.split[best])]
    level = int(candidates.level[best])
    return Claim(
        app=str(look.votes.cells["app"].names[part.app]),
        signal=SIGNALS[int(candidates.signal[best])],
        axis=split.axis,
        version=version_of(look, split, leaf),
        scopes=(scope_of(look, leaf, LEVELS[level]),),
        needed=part.bar - math.log(LEVEL_SHARE[level]) + math.log(max(1, int(part.tests[level]))),
    )
