"""How much worse each cohort is since a version: estimates, their variances, and a rank test.

All cohorts at once, in columns: a fleet has a hundred thousand of them. A cohort is compared within strata,
on the same kind of device and the same versions of everything else, so that a mix that shifts is no rise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from collector.jobs.regressions.ordering import Sorted
from collector.jobs.regressions.restless_days import effective_days, spread_of_days
from collector.jobs.regressions.signals import Signal
from collector.jobs.regressions.sums import add_up
from collector.jobs.regressions.votes import Flags, Labels, Numbers

TRIM = 0.1
"""Values beyond this share at each end count as the last ones within it: a bot or two carry nothing away."""
PRIOR_SD = 0.5
PRIOR_VOTES = 3.0
PRIOR_SESSIONS = 500.0
LEAST_SD = 0.2
"""Ranks tell a rise in standard deviations of a vote, and beyond two of them they tell nothing more. Where
votes hardly differ, as do frames of a screen and bytes of a model, two of those are less than a day's."""
LEAST_ALIKE = 0.2
"""Share of the comparison that must be left within strata."""
UNLIKE_DAYS = 3.0
"""How much less exact a comparison without strata is, in days that differ by themselves."""


@dataclass(frozen=True, eq=False, slots=True)
class Contrasts:
    """One row for each cohort, signal and split with votes on both sides of it."""

    leaf: Labels
    split: Labels
    before: Labels
    """Votes before."""
    since: Labels
    """Votes since."""
    rise: Numbers
    """Log ratio, or difference of shares."""
    sampling: Numbers
    """Variance of the rise for want of votes."""
    variance: Numbers
    """The same, and for days that differ by themselves."""
    days: Numbers
    """1 / days since + 1 / days before: what the variance of days is multiplied by."""
    common: Numbers
    """Variance of a day that all cohorts of the app have in common."""
    ranks: Numbers
    """Standard normal of the rank test; of flags, NaN."""
    seen: Numbers
    """Of flags: sessions since that have it,"""
    total: Numbers
    """those on both sides, and"""
    expected: Numbers
    """those that there would be since, by the share of votes."""

    def take(self, rows: Labels | Flags) -> "Contrasts":
        """Some of the rows."""
        return Contrasts(*(getattr(self, each.name)[rows] for each in fields(self)))

    @staticmethod
    def joined(parts: Sequence["Contrasts"]) -> "Contrasts":
        """Several, one after the other."""
        return Contrasts(
            *(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Contrasts))
        )


@dataclass(frozen=True, eq=False, slots=True)
class _Sides:
    """The votes that compare something, and what each stratum has on its two sides."""

    leaf: Labels
    day: Labels
    new: Labels
    """Of shape (votes,): 1 since the version, 0 before."""
    stratum: Labels
    value: Numbers
    score: Numbers
    n: Labels
    """Of shape (strata with both sides, 2): votes,"""
    total: Numbers
    """sums of their values, and"""
    scored: Numbers
    """sums of their scores;"""
    squared: Numbers
    """of shape (strata with both sides,): sum of their scores' squares."""
    owner: Labels
    """Of shape (strata with both sides,): the cohort."""
    count: Labels
    """Of shape (cohorts, 2): votes."""
    unlike: Flags
    """Of shape (cohorts,): compared without strata."""

    @property
    def pair(self) -> Numbers:
        """What a stratum weighs: n_a n_b / (n_a + n_b)."""
        weight: Numbers = self.n.prod(axis=1) / self.n.sum(axis=1)
        return weight

    @property
    def mean(self) -> Numbers:
        """Of each stratum's sides."""
        mean: Numbers = self.total / self.n
        return mean

    def gather(self, what: Numbers | Labels) -> Numbers:
        """Sums over each cohort's strata."""
        return add_up(self.owner, what, len(self.count))


def compare(
    signal: Signal,
    data: Sorted,
    side: NDArray[np.int8],
    *,
    stratum: tuple[Labels, int],
    coarse: tuple[Labels, int],
    apps: Labels,
    number: int,
    restless: float = 1.0,
) -> Contrasts:
    """Every cohort's votes since a split against those before it, within strata.

    Args:
        signal: what the votes say.
        data: the votes, by cohort.
        side: shape (rows of ``data``,).
        stratum: of each cell, and how many there are; a stratum lies in one cohort.
        coarse: the same, for cohorts whose strata have nothing alike.
        apps: of each cohort, its app.
        number: of the split, kept in the answer.
        restless: how many times as much as usual days are taken to differ, before anything is known of them.
    """
    day_sd = signal.day_sd * restless
    sides = _sides(signal, data, side, (stratum, coarse), len(apps))
    if sides is None:
        return _nothing()
    size = sides.gather(sides.pair)
    told = np.flatnonzero(size > 0)
    size = np.where(size > 0, size, 1)
    rise = sides.gather(sides.pair * (sides.mean[:, 1] - sides.mean[:, 0])) / size
    both = sides.gather(sides.total.sum(axis=1))
    spread = _spread_of_values(sides, apps) if signal.timed else _spread_of_shares(sides, both, apps)
    sampling = spread / size
    between, days, common = _days(day_sd, sides, spread, apps)
    variance = sampling + between * days + np.where(sides.unlike, (UNLIKE_DAYS * day_sd) ** 2, 0.0)
    ranks = _rank_test(sides) * np.sqrt(np.minimum(np.maximum(spread, LEAST_SD**2) / size / variance, 1))
    expected = sides.gather(sides.total.sum(axis=1) * sides.n[:, 1] / sides.n.sum(axis=1))
    return Contrasts(
        leaf=told,
        split=np.full(len(told), number),
        before=sides.count[told, 0],
        since=sides.count[told, 1],
        rise=rise[told],
        sampling=sampling[told],
        variance=variance[told],
        days=days[told],
        common=common[told],
        ranks=ranks[told],
        seen=sides.gather(sides.total[:, 1])[told],
        total=both[told],
        expected=expected[told],
    )


def _sides(
    signal: Signal,
    data: Sorted,
    side: NDArray[np.int8],
    levels: tuple[tuple[Labels, int], tuple[Labels, int]],
    leaves: int,
) -> _Sides | None:
    labels, unlike = _strata(data, side, levels, leaves)
    strata = levels[0][1] + levels[1][1]
    # Only strata with both sides compare anything.
    both = np.zeros((2, strata), dtype=bool)
    for which in (0, 1):
        both[which, labels[side == which]] = True
    whole = both[0] & both[1]
    keep = np.flatnonzero((side >= 0) & whole[labels])
    if not len(keep):
        return None
    some = np.cumsum(whole) - 1
    strata = int(some[-1]) + 1
    leaf, place, new = data.leaf[keep], some[labels[keep]], side[keep].astype(np.int64)
    count = np.bincount(leaf * 2 + new, minlength=2 * leaves).reshape(leaves, 2)
    value, score = data.value[keep].astype(np.float64), data.score[keep].astype(np.float64)
    if signal.timed:
        value = _winsorised(value, leaf, new, count)
    groups = place * 2 + new
    owner = np.zeros(strata, dtype=np.int64)
    owner[place] = leaf
    return _Sides(
        leaf=leaf,
        day=data.day[keep],
        new=new,
        stratum=place,
        value=value,
        score=score,
        n=np.bincount(groups, minlength=2 * strata).reshape(strata, 2),
        total=add_up(groups, value, 2 * strata).reshape(strata, 2),
        scored=add_up(groups, score, 2 * strata).reshape(strata, 2),
        squared=add_up(place, np.square(score), strata),
        owner=owner,
        count=count,
        unlike=unlike,
    )


def _spread_of_values(sides: _Sides, apps: Labels) -> Numbers:
    """Variance of one vote within strata, of each cohort: few votes lean on the app's others and on a prior.

    The winsorised variance over the share that was left in, squared (Yuen 1974).
    """
    leaves = len(apps)
    residual = np.square(sides.value - sides.mean[sides.stratum, sides.new])
    squares = add_up(sides.leaf, residual, leaves) / (1 - 2 * TRIM) ** 2
    freedom = np.maximum(sides.count.sum(axis=1) - 2 * np.bincount(sides.owner, minlength=leaves), 0.0)
    pooled = np.bincount(apps, weights=squares) + PRIOR_VOTES * PRIOR_SD**2
    pooled /= np.bincount(apps, weights=freedom) + PRIOR_VOTES
    spread: Numbers = (squares + PRIOR_VOTES * pooled[apps]) / (freedom + PRIOR_VOTES)
    return spread


def _spread_of_shares(sides: _Sides, both: Numbers, apps: Labels) -> Numbers:
    """Variance of one session having it, of each cohort, by a share that leans on the app's other cohorts.

    By its own share alone a cohort where nobody failed yet would look exact, and outweigh all others.
    """
    votes = sides.gather(sides.n.sum(axis=1))
    of_app = (np.bincount(apps, weights=both) + 0.5) / (np.bincount(apps, weights=votes) + 1)
    share = (both + PRIOR_SESSIONS * of_app[apps]) / (votes + PRIOR_SESSIONS)
    spread: Numbers = share * (1 - share)
    return spread


def _days(day_sd: float, sides: _Sides, spread: Numbers, apps: Labels) -> tuple[Numbers, Numbers, Numbers]:
    """Of each cohort: (a day's variance, 1 / days since + 1 / days before, variance of the app's days)."""
    old, fresh = np.flatnonzero(sides.new == 0), np.flatnonzero(sides.new == 1)
    leaf, day = sides.leaf[old], sides.day[old]
    off = sides.value[old] - sides.mean[sides.stratum[old], 0]
    between, before = spread_of_days(leaf, day, off, spread=spread, apps=apps, prior=day_sd)
    app = apps[leaf]
    every = int(apps.max()) + 1
    usual = add_up(app, spread[leaf], every)
    usual /= np.maximum(np.bincount(app, minlength=every), 1)
    common, _ = spread_of_days(app, day, off, spread=usual, apps=np.arange(every), prior=day_sd / 2)
    since = effective_days(sides.leaf[fresh], sides.day[fresh], len(apps))
    return between, 1 / since + 1 / before, common[apps]


def _strata(
    data: Sorted,
    side: NDArray[np.int8],
    levels: tuple[tuple[Labels, int], tuple[Labels, int]],
    leaves: int,
) -> tuple[Labels, Flags]:
    """(stratum of each row, cohorts that are compared within coarse ones).

    Where hardly anything is alike before and since, a cohort is compared more coarsely, and taken for less
    exact: a rise of a few percent can then be one of other machines, a fourfold one cannot.
    """
    (labels, many), (coarse, _) = levels
    by_stratum = labels[data.cell]
    known = side >= 0
    groups = by_stratum[known] * 2 + side[known]
    n = np.bincount(groups, minlength=2 * many).reshape(many, 2)
    owner = np.zeros(many, dtype=np.int64)
    owner[by_stratum] = data.leaf
    alike = np.bincount(owner, weights=n.prod(axis=1) / np.maximum(n.sum(axis=1), 1), minlength=leaves)
    whole = np.stack([np.bincount(owner, weights=n[:, which], minlength=leaves) for which in (0, 1)])
    unlike = alike < LEAST_ALIKE * whole.prod(axis=0) / np.maximum(whole.sum(axis=0), 1)
    if not unlike.any():
        return by_stratum, unlike
    return np.where(unlike[data.leaf], many + coarse[data.cell], by_stratum), unlike


def _nothing() -> Contrasts:
    whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Contrasts(whole, whole, whole, whole, *([real] * 9))


def _winsorised(value: Numbers, leaf: Labels, new: Labels, count: Labels) -> Numbers:
    """The values of each cohort's sides, the outermost tenths brought in. They ascend within a cohort."""
    offset = np.cumsum(count.sum(axis=1)) - count.sum(axis=1)
    place = np.empty(len(value), dtype=np.int64)
    passed = np.cumsum(new)
    new_before = np.r_[0, passed][offset[leaf]]
    is_new = new == 1
    place[is_new] = (passed - 1 - new_before)[is_new]
    place[~is_new] = (np.arange(len(value)) - passed - (offset[leaf] - new_before))[~is_new]
    cut = (TRIM * count).astype(np.int64)
    low, high = np.zeros(count.shape), np.zeros(count.shape)
    cut_here, count_here = cut[leaf, new], count[leaf, new]
    for bound, at in ((low, place == cut_here), (high, place == count_here - 1 - cut_here)):
        bound[leaf[at], new[at]] = value[at]
    return np.clip(value, low[leaf, new], high[leaf, new])


def _rank_test(sides: _Sides) -> Numbers:
    """The normal of a stratified rank test: mean scores compared within strata, as by van Elteren (1960).

    The scores are ranks in the cohort and not in the stratum. The test permutes sides within strata, so any
    scores will do that do not know the sides.
    """
    size = sides.n.sum(axis=1)
    scored = sides.scored / sides.n
    middle = sides.scored.sum(axis=1) / size
    spread = np.maximum(sides.squared - size * np.square(middle), 0) / np.maximum(size - 1, 1)
    variance = sides.gather(sides.pair * spread)
    difference = sides.gather(sides.pair * (scored[:, 1] - scored[:, 0]))
    answer: Numbers = difference / np.sqrt(np.where(variance > 0, variance, np.inf))
    return answer
