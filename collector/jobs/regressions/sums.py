"""Sums by group, with a type that says what they are."""

import numpy as np

from collector.jobs.regressions.votes import Labels, Numbers


def add_up(group: Labels, what: Numbers | Labels, groups: int) -> Numbers:
    """Of shape (groups,): the sum of ``what`` over each group's rows."""
    sums: Numbers = np.asarray(np.bincount(group, weights=what, minlength=groups), dtype=np.float64)
    return sums
