"""One look at the votes: who belongs where, which versions came after which, and what the hour does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.jobs.regressions.axes import BY_DAY
from collector.jobs.regressions.contrasts import Contrasts, compare
from collector.jobs.regressions.frames import only_frames
from collector.jobs.regressions.kinds import Kinds
from collector.jobs.regressions.ordering import Sorted, sort_signal
from collector.jobs.regressions.signals import Signal
from collector.jobs.regressions.splits import DAY_S, Ordered, Split, joined, order_axes, side_of
from collector.jobs.regressions.votes import LOG_RATIO, NONE, Flags, Labels, Numbers, Votes

PARTS = 4
"""A day is cut into so many parts, in UTC, and weekends count by themselves."""
HOLD = 200.0
"""Votes that a part must have before half of its difference is believed."""
CLIP = 1.0
RESTLESS = 2.0
"""Of days against days: what no version explains has to stand out from more."""


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """Votes with all that does not depend on a signal or a split."""

    votes: Votes
    kinds: Kinds
    ordered: Mapping[str, Ordered]
    day: Labels
    """Of shape (rows,): days since 1970."""
    profiles: Mapping[str, NDArray[np.float32]]
    """By timed signal, of shape (rows,): what the hour and the weekday do to it."""

    @classmethod
    def at(cls, votes: Votes, release_order: Mapping[str, Sequence[str]], timed: Sequence[Signal]) -> "Look":
        """A look at some votes."""
        kinds = Kinds.of(votes.cells)
        votes = only_frames(votes, kinds)
        return cls(
            votes=votes,
            kinds=kinds,
            ordered=order_axes(votes, release_order),
            day=np.floor_divide(votes.at, DAY_S).astype(np.int64),
            profiles={signal.name: _profile(votes, signal.name) for signal in timed if signal.timed},
        )

    def only(self, rows: Labels | Flags) -> "Look":
        """The same look, at some of the rows and at no other cells."""
        votes = self.votes.take(rows)
        kept, cell = np.unique(votes.cell, return_inverse=True)
        cells = {name: type(column)(column.names, column.codes[kept]) for name, column in votes.cells.items()}
        fewer = Votes(cells, cell.astype(np.int64), votes.at, votes.signals, votes.predictions, votes.weight)
        ordered = {
            name: Ordered(along.axis, along.rank[kept], along.domain[kept], along.domains, along.label)
            for name, along in self.ordered.items()
        }
        profiles = {name: values[rows] for name, values in self.profiles.items()}
        return Look(fewer, Kinds.of(cells), ordered, self.day[rows], profiles)

    def sorted(self, signal: Signal) -> Sorted:
        """A signal's votes in the order that comparisons need."""
        return sort_signal(signal, self.votes, self.kinds, self.day, self.profiles.get(signal.name))

    def side(self, split: Split) -> NDArray[np.int8]:
        """0 before, 1 since, -1 where it cannot be told; of shape (rows,)."""
        return side_of(split, self.ordered, self.votes.cell, self.day)

    def contrast(
        self, signal: Signal, split: Split, number: int = 0, *, data: Sorted | None = None,
        side: NDArray[np.int8] | None = None,
    ) -> Contrasts:  # fmt: skip
        """Every cohort since a split against before it; ``side`` replaces what the split says of rows."""
        data = self.sorted(signal) if data is None else data
        side = self.side(split) if side is None else side
        stratum, coarse = self.kinds.strata[split.axis], self.kinds.coarse[split.axis]
        return compare(
            signal,
            data,
            side[data.row],
            stratum=stratum,
            coarse=coarse,
            apps=self.kinds.app,
            number=number,
            restless=RESTLESS if split.axis in BY_DAY else 1.0,
        )

    def values(self, signal: Signal) -> Numbers:
        """The signal of each row, the hour taken out; NaN where it says nothing."""
        raw = self.votes.signals[signal.name]
        if not signal.timed:
            return raw.astype(np.float64)
        value = np.where(raw == NONE, np.nan, raw * LOG_RATIO)
        profile = self.profiles.get(signal.name)
        return value if profile is None else value - profile


def _profile(votes: Votes, name: str) -> NDArray[np.float32]:
    """What weekend and part of the day do to a signal, for each app and form factor; of shape (rows,)."""
    raw = votes.signals[name]
    profile = np.zeros(len(raw), dtype=np.float32)
    told = np.flatnonzero(raw != NONE)
    if not len(told):
        return profile
    cell = votes.cell[told]
    value = raw[told] * LOG_RATIO
    size = len(votes.cells["app"].codes)
    mean = np.bincount(cell, weights=value, minlength=size) / np.maximum(np.bincount(cell, minlength=size), 1)
    off = np.clip(value - mean[cell], -CLIP, CLIP)
    whose, many = joined(votes.cells, ("app", "form"))
    moment = votes.at[told]
    part = np.floor_divide(np.mod(moment, DAY_S) * PARTS, DAY_S).astype(np.int64)
    weekend = np.mod(np.floor_divide(moment, DAY_S).astype(np.int64) + 3, 7) >= 5  # 1970 began on a Thursday
    slot = (whose[cell] * 2 + weekend) * PARTS + part
    n = np.bincount(slot, minlength=many * 2 * PARTS)
    effect = np.bincount(slot, weights=off, minlength=len(n)) / (n + HOLD)
    profile[told] = effect[slot]
    return profile
