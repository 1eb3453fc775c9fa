"""A claim held against the votes again, by itself: its size, since when, and what speaks against it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from collector.jobs.regressions.axes import ANY_VERSION, BY_DAY
from collector.jobs.regressions.claims import Claim, version_of
from collector.jobs.regressions.evidence import half_width
from collector.jobs.regressions.explanation import fit
from collector.jobs.regressions.look import Look
from collector.jobs.regressions.pooling import Pooled, pool
from collector.jobs.regressions.settings import RegressionSettings
from collector.jobs.regressions.signals import Signal
from collector.jobs.regressions.splits import DAY_S, NEVER, Split, joined
from collector.jobs.regressions.sums import add_up
from collector.jobs.regressions.votes import DETAILS, Flags, Labels, Numbers

PERSISTS = 0.4
"""Each part of the evidence must show this share of the rise, or one part carries it all."""
LITTLE = 0.5
"""A rise is over when surely less than this share of it is left."""
SURELY = 1.64
"""Standard errors of a one-sided 95 % bound."""
NEWEST_HOURS = (24.0,)
"""An open finding ends by so many hours;"""
NEWEST_HOURS_BEFORE = (24.0, 6.0)
"""before one is opened, fewer are looked at as well. Few votes miss a rise by chance now and then."""
BLOCK_HOURS = 6.0
"""What is slow for a few hours only is slow in one block of so many."""
ALONGSIDE_HOURS = (24.0, 12.0, 6.0)
"""The version before must not have become worse in so many hours before the new one and since."""
MOST_VERSIONS = 60
BEGAN_BEFORE = "began_before"
MACHINE = ("gpu", "os", "browser", "form", *DETAILS)
"""What is known of a machine, whatever model and backend it runs."""


@dataclass(frozen=True, eq=False, slots=True)
class Trial:
    """A claim with the votes of its cohorts."""

    claim: Claim
    look: Look
    """At its cohorts only."""
    split: Split
    side: NDArray[np.int8]

    def measure(self, side: NDArray[np.int8] | None = None, *, signal: Signal | None = None) -> Pooled | None:
        """Its cohorts together, one row; None when nothing can be compared.

        ``signal`` is another one of the same votes.
        """
        signal = self.claim.signal if signal is None else signal
        contrasts = self.look.contrast(signal, self.split, side=self.side if side is None else side)
        if not len(contrasts.leaf):
            return None
        return pool(signal, contrasts, np.zeros(len(contrasts.leaf), dtype=np.int64), 1)

    def against(self, since: Flags) -> Pooled | None:
        """The same, when of the votes since the version only some count."""
        return self.measure(np.where((self.side == 1) & ~since, -1, self.side).astype(np.int8))


def make_trial(claim: Claim, look: Look) -> Trial | None:
    """The trial of a claim; None when its cohorts or its version have no votes."""
    told = ~np.isnan(look.values(claim.signal))
    rows = np.flatnonzero(claim.leaves(look)[look.kinds.leaf[look.votes.cell]] & told)
    if not len(rows):
        return None
    mine = look.only(rows)
    split = claim.split(mine)
    if split is None:
        return None
    return Trial(claim, mine, split, mine.side(split))


def find_first(trial: Trial, settings: RegressionSettings) -> Trial:
    """The same claim since the version that explains most: the search looks at a few versions only."""
    look, axis = trial.look, trial.split.axis
    best, score = trial, _score(trial, settings)
    for since in _alternatives(trial):
        other = replace(trial, split=since, side=look.side(since))
        reached = _score(other, settings)
        if reached > score:
            best, score = other, reached
    if best is trial:
        return trial
    leaf = 0 if axis in BY_DAY else int(look.kinds.leaf[np.argmax(best.split.since[_domains(best)] < NEVER)])
    return replace(best, claim=replace(best.claim, version=version_of(look, best.split, leaf)))


def _domains(trial: Trial) -> NDArray[np.int64]:
    return trial.look.ordered[trial.split.axis].domain


def _alternatives(trial: Trial) -> list[Split]:
    look, axis = trial.look, trial.split.axis
    if axis in BY_DAY:
        return [Split(axis, np.full(1, day)) for day in np.unique(look.day)[1:]]
    along = look.ordered[axis]
    owners = np.flatnonzero(trial.split.since < NEVER)
    if len(owners) != 1:
        return []
    ranks = np.unique(along.rank[(along.domain == owners[0]) & (along.rank > 0)])[-MOST_VERSIONS:]
    splits = []
    for rank in ranks:
        since = np.full(along.domains, NEVER)
        since[owners[0]] = rank
        splits.append(Split(axis, since))
    return splits


def _score(trial: Trial, settings: RegressionSettings) -> float:
    pooled = trial.measure()
    if pooled is None or pooled.log_e[0] < trial.claim.needed:
        return -1.0
    if pooled.since[0] < settings.min_sessions or pooled.before[0] < settings.min_before:
        return -1.0
    return float(fit(trial.claim.signal, pooled, ())[0])


def is_silent(trial: Trial, now: datetime, settings: RegressionSettings) -> bool:
    """Whether nobody has come since the version for so long that nothing can be said of the present."""
    new = trial.side == 1
    longest = timedelta(hours=settings.resolve_after_hours).total_seconds()
    return not new.any() or now.timestamp() - float(trial.look.votes.at[new].max()) >= longest


class Size(NamedTuple):
    """How much worse it was when it was found: the best estimate and the least that it may have been.

    What is found early is mostly found for being larger by chance than it is.
    """

    rise: float
    least: float

    @classmethod
    def of(cls, pooled: Pooled, signal: Signal) -> Self:
        """The size of a claim's cohorts together."""
        rise = float(pooled.rise[0])
        return cls(rise, rise - half_width(float(pooled.variance[0]), signal.usual))


def is_over(
    trial: Trial,
    size: Size,
    now: datetime,
    settings: RegressionSettings,
    *,
    newest_hours: Sequence[float] = NEWEST_HOURS,
) -> Pooled | None:
    """The figures of the newest votes when these have little left of a rise; None while it goes on.

    The newest are those of the newest version, or of the last hours. The rise is what all other votes show.
    """
    at = trial.look.votes.at
    newest = [at >= now.timestamp() - hours * 3600 for hours in newest_hours]
    if trial.split.axis not in BY_DAY:
        rank = trial.look.ordered[trial.split.axis].rank[trial.look.votes.cell]
        counts = np.bincount(rank[(trial.side == 1)], minlength=1)
        enough = np.flatnonzero(counts >= settings.min_sessions)
        if len(enough):
            newest.append(rank >= enough[-1])
    for rows in newest:
        if np.count_nonzero(rows & (trial.side == 1)) < settings.min_sessions:
            continue
        pooled = trial.against(rows)
        if pooled is None or pooled.since[0] < settings.min_sessions:
            continue
        rest = trial.against(~rows)
        was = size.least
        if rest is not None and rest.since[0] >= settings.min_sessions:
            was = max(was, min(size.rise, float(rest.rise[0])))
        if pooled.rise[0] + SURELY * np.sqrt(pooled.variance[0]) < LITTLE * was:
            return pooled
    return None


def doubt(trial: Trial, pooled: Pooled, now: datetime, settings: RegressionSettings) -> str | None:
    """What makes it look like something else than a regression; None for nothing."""
    new = trial.side == 1
    at = trial.look.votes.at
    rise = float(pooled.rise[0])
    hours = (
        settings.lasting_hours if trial.split.axis not in BY_DAY else settings.lasting_hours_without_version
    )
    if np.ptp(at[new]) < timedelta(hours=hours).total_seconds():
        return "too_soon"
    if is_silent(trial, now, settings):
        return "silent"
    if (
        is_over(trial, Size.of(pooled, trial.claim.signal), now, settings, newest_hours=NEWEST_HOURS_BEFORE)
        is not None
    ):
        return "went_away"
    middle = np.median(at[new])
    if not all(_holds(trial, half, rise) for half in (at <= middle, at > middle)):
        return "halves_disagree"
    block = np.floor_divide(at, BLOCK_HOURS * 3600).astype(np.int64)
    if not _holds_without_most(trial, np.unique(block, return_inverse=True)[1], rise):
        return "a_few_hours"
    machine, _ = joined(trial.look.votes.cells, MACHINE)
    if not _holds_without_most(trial, machine[trial.look.votes.cell], rise):
        return "one_kind_of_machine"
    if trial.split.axis not in BY_DAY and _began_before(trial, rise):
        return BEGAN_BEFORE
    return None


def _holds(trial: Trial, rows: Flags, rise: float) -> bool:
    pooled = trial.against(rows)
    return pooled is None or bool(pooled.rise[0] >= PERSISTS * rise)


def _holds_without_most(trial: Trial, group: Labels, rise: float) -> bool:
    """Whether the rise stays without the group of votes that adds most to it; ``group`` is of shape (rows,).

    Of machines that are alike in all that is known of them, that is a bot, or a user who comes very often; of
    hours, a trouble that is over. When all votes are of one group, none can be left out.
    """
    groups = int(group.max()) + 1
    value = trial.look.values(trial.claim.signal)
    new = trial.side == 1
    n = np.bincount(group[new], minlength=groups)
    if np.count_nonzero(n) < 2:
        return True
    usual = _usual(trial, value)
    added = add_up(group[new], (value - usual)[new], groups)
    return _holds(trial, ~new | (group != int(np.argmax(added))), rise)


def _usual(trial: Trial, value: Numbers) -> Numbers:
    """What each vote's cohort had before; of shape (rows,)."""
    leaf = trial.look.kinds.leaf[trial.look.votes.cell]
    old = trial.side == 0
    count = np.bincount(leaf[old], minlength=trial.look.kinds.leaves)
    mean = add_up(leaf[old], value[old], trial.look.kinds.leaves) / np.maximum(count, 1)
    return np.where(count > 0, mean, value[old].mean() if old.any() else 0.0)[leaf]


def _began_before(trial: Trial, rise: float) -> bool:
    """Whether the versions before have become worse as well: then it is not the new one that is to blame."""
    at = trial.look.votes.at
    old = trial.side == 0
    first = float(at[trial.side == 1].min())
    for hours in ALONGSIDE_HOURS:
        side = np.where(old, (at >= first - hours * 3600).astype(np.int8), -1).astype(np.int8)
        pooled = trial.measure(side)
        if pooled is not None and pooled.rise[0] - SURELY * np.sqrt(pooled.variance[0]) > PERSISTS * rise:
            return True
    return False


def as_days(trial: Trial, settings: RegressionSettings) -> tuple[Trial, Pooled] | None:
    """A rise that began before its version, as one of a day; None when that explains less.

    It began in the hours before the version, or beside it.
    """
    first = float(trial.look.votes.at[trial.side == 1].min())
    day = datetime.fromtimestamp(first, tz=UTC).date().isoformat()
    other = make_trial(replace(trial.claim, axis=ANY_VERSION, version=day), trial.look)
    if other is None:
        return None
    other = find_first(other, settings)
    blamed, found = trial.measure(), other.measure()
    if blamed is None or found is None or found.log_e[0] < blamed.log_e[0]:
        return None
    return other, found


def first_seen(trial: Trial) -> datetime:
    """When the first vote of the version came."""
    return datetime.fromtimestamp(float(trial.look.votes.at[trial.side == 1].min()), tz=UTC)


def days_since(trial: Trial) -> float:
    """Days that the votes since the version are spread over; at least 1."""
    return max(1.0, float(np.ptp(trial.look.votes.at[trial.side == 1])) / DAY_S)
