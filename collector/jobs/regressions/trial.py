"""A claim held against the votes again, by itself: its size, since when, and what speaks against it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from collector.jobs.regressions.axes import DAY
from collector.jobs.regressions.claims import Claim, version_of
from collector.jobs.regressions.explanation import fit
from collector.jobs.regressions.look import Look
from collector.jobs.regressions.pooling import Pooled, pool
from collector.jobs.regressions.settings import RegressionSettings
from collector.jobs.regressions.splits import DAY_S, NEVER, Split, joined
from collector.jobs.regressions.votes import DETAILS, Flags

PERSISTS = 0.4
"""Each part of the evidence must show this share of the rise, or one part carries it all."""
LITTLE = 0.5
"""A rise is over when surely less than this share of it is left."""
SURELY = 1.64
"""Standard errors of a one-sided 95 % bound."""
NEWEST_HOURS = 24.0
MOST_VERSIONS = 60
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

    def measure(self, side: NDArray[np.int8] | None = None) -> Pooled | None:
        """Its cohorts together, one row; None when nothing can be compared."""
        contrasts = self.look.contrast(
            self.claim.signal, self.split, side=self.side if side is None else side
        )
        if not len(contrasts.leaf):
            return None
        return pool(self.claim.signal, contrasts, np.zeros(len(contrasts.leaf), dtype=np.int64), 1)

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
    leaf = 0 if axis == DAY else int(look.kinds.leaf[np.argmax(best.split.since[_domains(best)] < NEVER)])
    return replace(best, claim=replace(best.claim, version=version_of(look, best.split, leaf)))


def _domains(trial: Trial) -> NDArray[np.int64]:
    return trial.look.ordered[trial.split.axis].domain


def _alternatives(trial: Trial) -> list[Split]:
    look, axis = trial.look, trial.split.axis
    if axis == DAY:
        return [Split(DAY, np.full(1, day)) for day in np.unique(look.day)[1:]]
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
    if pooled is None or pooled.since[0] < settings.min_sessions or pooled.before[0] < settings.min_before:
        return -1.0
    return float(fit(trial.claim.signal, pooled, ())[0])


def is_silent(trial: Trial, now: datetime, settings: RegressionSettings) -> bool:
    """Whether nobody has come since the version for so long that nothing can be said of the present."""
    new = trial.side == 1
    longest = timedelta(hours=settings.resolve_after_hours).total_seconds()
    return not new.any() or now.timestamp() - float(trial.look.votes.at[new].max()) >= longest


def is_over(trial: Trial, rise: float, now: datetime, settings: RegressionSettings) -> Pooled | None:
    """The figures of the newest votes when these have little left of a rise; None while it goes on.

    The newest are those of the newest version, or those of the last day.
    """
    at = trial.look.votes.at
    newest = [at >= now.timestamp() - NEWEST_HOURS * 3600]
    if trial.split.axis != DAY:
        rank = trial.look.ordered[trial.split.axis].rank[trial.look.votes.cell]
        counts = np.bincount(rank[(trial.side == 1)], minlength=1)
        enough = np.flatnonzero(counts >= settings.min_sessions)
        if len(enough):
            newest.append(rank >= enough[-1])
    for rows in newest:
        if np.count_nonzero(rows & (trial.side == 1)) < settings.min_sessions:
            continue
        pooled = trial.against(rows)
        if pooled is not None and pooled.since[0] >= settings.min_sessions and _is_small(pooled, rise):
            return pooled
    return None


def _is_small(pooled: Pooled, rise: float) -> bool:
    return bool(pooled.rise[0] + SURELY * np.sqrt(pooled.variance[0]) < LITTLE * rise)


def doubt(trial: Trial, pooled: Pooled, now: datetime, settings: RegressionSettings) -> str | None:
    """What makes it look like something else than a regression; None for nothing."""
    new = trial.side == 1
    at = trial.look.votes.at
    rise = float(pooled.rise[0])
    hours = settings.lasting_hours if trial.split.axis != DAY else settings.lasting_hours_without_version
    if np.ptp(at[new]) < timedelta(hours=hours).total_seconds():
        return "too_soon"
    if is_silent(trial, now, settings):
        return "silent"
    if is_over(trial, rise, now, settings) is not None:
        return "went_away"
    middle = np.median(at[new])
    if not all(_holds(trial, half, rise) for half in (at <= middle, at > middle)):
        return "halves_disagree"
    if not _is_broad(trial, rise):
        return "one_kind_of_machine"
    return None


def _holds(trial: Trial, rows: Flags, rise: float) -> bool:
    pooled = trial.against(rows)
    return pooled is None or bool(pooled.rise[0] >= PERSISTS * rise)


def _is_broad(trial: Trial, rise: float) -> bool:
    """Whether the rise stays without the machines, alike in all that is known of them, that add most to it.

    A bot, and a user who comes very often, are such machines. When all are alike, none can be left out.
    """
    look, signal = trial.look, trial.claim.signal
    machine, machines = joined(look.votes.cells, MACHINE)
    if machines == 1:
        return True
    group, names = machine[look.votes.cell], range(machines)
    value = look.values(signal)
    new, old = trial.side == 1, trial.side == 0
    n = np.bincount(group[new], minlength=len(names))
    m = np.bincount(group[old], minlength=len(names))
    both = (n > 0) & (m > 0)
    if np.count_nonzero(both) < 2:
        return True
    rose = np.bincount(group[new], weights=value[new], minlength=len(names)) / np.maximum(n, 1)
    was = np.bincount(group[old], weights=value[old], minlength=len(names)) / np.maximum(m, 1)
    added = np.where(both, n * m / np.maximum(n + m, 1) * (rose - was), -np.inf)
    return _holds(trial, group != int(np.argmax(added)), rise)


def first_seen(trial: Trial) -> datetime:
    """When the first vote of the version came."""
    return datetime.fromtimestamp(float(trial.look.votes.at[trial.side == 1].min()), tz=UTC)


def days_since(trial: Trial) -> float:
    """Days that the votes since the version are spread over; at least 1."""
    return max(1.0, float(np.ptp(trial.look.votes.at[trial.side == 1])) / DAY_S)
