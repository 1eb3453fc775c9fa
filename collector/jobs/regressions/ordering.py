"""A signal's votes in the order that all comparisons need: sorted once, since that takes longest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.jobs.regressions.kinds import Kinds
from collector.jobs.regressions.signals import Signal
from collector.jobs.regressions.votes import LOG_RATIO, NONE, Labels, Votes


@dataclass(frozen=True, eq=False, slots=True)
class Sorted:
    """A signal's votes by cohort, and within it by value."""

    row: Labels
    leaf: Labels
    cell: Labels
    day: Labels
    value: NDArray[np.float32]
    score: NDArray[np.float32]
    """Place among the cohort's votes, from 0 to 1."""


def sort_signal(
    signal: Signal, votes: Votes, kinds: Kinds, day: Labels, profile: NDArray[np.float32] | None
) -> Sorted:
    """A signal's votes in the order that all comparisons need. ``profile`` is subtracted from each."""
    values = votes.signals[signal.name]
    leaf = kinds.leaf[votes.cell]
    if not signal.timed:
        rows = np.argsort(leaf, kind="stable")
        value = values[rows].astype(np.float32)
        return Sorted(rows, leaf[rows], votes.cell[rows], day[rows], value, value)
    told = np.flatnonzero(values != NONE)
    fine = values[told].astype(np.int64) * 8
    if profile is not None:
        fine -= np.rint(profile[told] / LOG_RATIO * 8).astype(np.int64)
    # One number holds all: sorting numbers is several times faster than sorting their places.
    low = int(fine.min(initial=0))
    width = int(fine.max(initial=0)) - low + 1
    if (kinds.leaves + 1) * width * (len(told) + 1) < 2**63:
        key = np.sort((leaf[told] * width + (fine - low)) * len(told) + np.arange(len(told)))
        key, place = np.divmod(key, max(1, len(told)))
        in_leaf, height = np.divmod(key, width)
    else:
        place = np.lexsort((fine, leaf[told]))
        in_leaf, height = leaf[told][place], fine[place] - low
        key = in_leaf * width + height
    rows = told[place]
    return Sorted(
        row=rows,
        leaf=in_leaf,
        cell=votes.cell[rows],
        day=day[rows],
        value=((height + low) * (LOG_RATIO / 8)).astype(np.float32),
        score=_scores(key, in_leaf, kinds.leaves),
    )


def _scores(key: Labels, leaf: Labels, leaves: int) -> NDArray[np.float32]:
    """Mid-ranks within each cohort, from 0 to 1."""
    if not len(key):
        return np.zeros(0, dtype=np.float32)
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    length = np.diff(np.r_[starts, len(key)])
    middle = np.repeat(starts + (length - 1) / 2, length)
    count = np.bincount(leaf, minlength=leaves)
    offset = np.cumsum(count) - count
    scores: NDArray[np.float32] = ((middle - offset[leaf] + 0.5) / count[leaf]).astype(np.float32)
    return scores
