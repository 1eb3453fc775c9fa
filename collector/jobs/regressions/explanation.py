"""Which cohorts got worse together: the coarsest scope of those that did, without those that did not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from collector.jobs.regressions.axes import AXES, DAY
from collector.jobs.regressions.contrasts import Contrasts
from collector.jobs.regressions.evidence import weigh
from collector.jobs.regressions.kinds import Kinds
from collector.jobs.regressions.pooling import Pooled, pool
from collector.jobs.regressions.settings import RegressionSettings
from collector.jobs.regressions.signals import SIGNALS, Signal
from collector.jobs.regressions.splits import Split, combine
from collector.jobs.regressions.votes import FACETS, Flags, Labels, Numbers

LEVELS: tuple[tuple[str, ...], ...] = (
    (),
    *((name,) for name in FACETS),
    *(
        pair
        for pair in combinations(FACETS, 2)
        if set(pair) != {"gpu", "gpu_vendor"}
    ),
    FACETS,
)  # fmt: skip
"""What a scope may fix, from nothing down to a single cohort."""
_PAIRS = 2
_SHARE_BY_FACETS = {0: 0.2, 1: 0.5, _PAIRS: 0.25, len(FACETS): 0.05}
LEVEL_SHARE = np.array(
    [_SHARE_BY_FACETS[len(level)] / sum(len(other) == len(level) for other in LEVELS) for level in LEVELS]
)
"""Of the weight of all hypotheses: causes are mostly coarse."""
WORTH_KEEPING = 2.0
"""Logarithm of the e-value below which a candidate is only counted."""
NATS_A_FACET = 3.0
SHARE_A_FACET = 0.03
"""What each fixed facet costs an explanation: the coarser of two that explain alike is the better one."""
DAYS_AFTER_VERSIONS = 0.9
"""A version explains more than a day does."""
_REQUIRED = {axis.name: tuple(name for name in axis.within if name in FACETS) for axis in AXES} | {DAY: ()}
"""What a cause must fix. The inference library is none of the facets: its name is part of its version."""


@dataclass(frozen=True, eq=False, slots=True)
class Candidates:
    """Scopes with some evidence, one row each."""

    signal: Labels
    """Place in ``SIGNALS``."""
    split: Labels
    level: Labels
    leaf: Labels
    """A cohort that lies in the scope: what the level fixes is as it is there."""
    app: Labels
    weighed: Numbers
    """Logarithm of the e-value times the weight of the scope (``evidence.weigh``)."""
    score: Numbers
    """How well it explains what is seen."""


def scopes(
    contrasts: Mapping[int, Contrasts],
    splits: Sequence[Split],
    kinds: Kinds,
    settings: RegressionSettings,
    *,
    tests: Labels | None = None,
) -> tuple[Candidates, Labels]:
    """(candidates, how many scopes each level has).

    Args:
        contrasts: by place of the signal in ``SIGNALS``.
        splits: what ``Contrasts.split`` counts.
        kinds: of the cohorts.
        settings: how many votes a scope must have.
        tests: scopes by level, where they have been counted before; they are counted otherwise.
    """
    found = [
        part for place, each in contrasts.items() for part in _of_signal(place, each, splits, kinds, settings)
    ]
    counted = np.zeros(len(LEVELS), dtype=np.int64)
    for level, n, _ in found:
        counted[level] += n
    tests = counted if tests is None else tests
    kept = [rows for _, _, rows in found if len(rows[0])]
    if not kept:
        whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
        return Candidates(whole, whole, whole, whole, whole, real, real), tests
    place, split, each_level, leaf, evidence, score = (
        np.concatenate(column) for column in zip(*kept, strict=True)
    )
    weighed = weigh(evidence, each_level, tests, LEVEL_SHARE)
    return Candidates(place, split, each_level, leaf, kinds.app[leaf], weighed, score), tests


Rows = tuple[Labels, Labels, Labels, Labels, Numbers, Numbers]


def _of_signal(
    place: int,
    contrasts: Contrasts,
    splits: Sequence[Split],
    kinds: Kinds,
    settings: RegressionSettings,
) -> Iterator[tuple[int, int, Rows]]:
    if not len(contrasts.leaf):
        return
    signal = SIGNALS[place]
    apps = int(kinds.app.max()) + 1
    base, bases = combine([(contrasts.split, len(splits)), (kinds.app[contrasts.leaf], apps)])
    for level, fixed in enumerate(LEVELS):
        group, groups = combine(
            [
                (base, bases),
                *((kinds.facets[name][contrasts.leaf], int(kinds.facets[name].max()) + 1) for name in fixed),
            ]
        )
        pooled = pool(signal, contrasts, group, groups)
        first = np.zeros(groups, dtype=np.int64)
        first[group] = np.arange(len(group))
        split, leaf = contrasts.split[first], contrasts.leaf[first]
        allowed = np.array([set(_REQUIRED[each.axis]) <= set(fixed) for each in splits])
        judged = (
            (pooled.since >= settings.min_sessions) & (pooled.before >= settings.min_before) & allowed[split]
        )
        good = np.flatnonzero(judged & (pooled.log_e >= WORTH_KEEPING) & worth(signal, pooled, settings))
        score = fit(signal, pooled.take(good), fixed) * np.where(
            np.array([each.axis == DAY for each in splits])[split[good]], DAYS_AFTER_VERSIONS, 1.0
        )
        same = np.full(len(good), 0)
        yield (
            level,
            int(judged.sum()),
            (same + place, split[good], same + level, leaf[good], pooled.log_e[good], score),
        )


def worth(signal: Signal, pooled: Pooled, settings: RegressionSettings) -> Flags:
    """Whether the rise of a group is large enough to be told, by the best estimate."""
    if signal.timed:
        return np.asarray(pooled.rise >= np.log(settings.min_ratio), dtype=bool)
    return np.asarray((pooled.rise >= settings.min_share) & (pooled.seen >= settings.min_failing))


def fit(signal: Signal, pooled: Pooled, fixed: Sequence[str]) -> Numbers:
    """How well "these rose alike, all others not" explains what is seen: log likelihood less what it costs.

    By independent cohorts: were it by the pooled variance, of which days have their part, a few cohorts that
    happened to rise a little more would be preferred to all of them.
    """
    facets = min(len(fixed), _PAIRS + 1)
    likelihood = 0.5 * np.square(np.maximum(pooled.rise - signal.tolerance, 0)) * pooled.information
    score: Numbers = likelihood * (1 - SHARE_A_FACET * facets) - NATS_A_FACET * facets
    return score


def in_scope(kinds: Kinds, app: int, fixed: Mapping[str, int]) -> Flags:
    """Of shape (leaves,): the cohorts of an app that have these facets (by code)."""
    found: Flags = kinds.app == app
    for name, code in fixed.items():
        found = found & (kinds.facets[name] == code)
    return found
