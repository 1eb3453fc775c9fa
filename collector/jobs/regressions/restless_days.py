"""How much days differ by themselves: what a version's few days must stand out from."""

import numpy as np

from collector.jobs.regressions.votes import Labels, Numbers

PRIOR_DAYS = 3.0
"""What is assumed of days counts like so many of them."""


def effective_days(leaf: Labels, day: Labels, leaves: int) -> Numbers:
    """Days of equal weight that the votes of each cohort are spread over; at least 1."""
    low = int(day.min()) if len(day) else 0
    span = int(day.max(initial=low)) - low + 1
    counts = np.bincount(leaf * span + (day - low), minlength=leaves * span).reshape(leaves, span)
    squares = np.square(counts, dtype=np.float64).sum(axis=1)
    days: Numbers = np.square(counts.sum(axis=1, dtype=np.float64)) / np.where(squares > 0, squares, 1)
    return np.maximum(days, 1.0)


def spread_of_days(
    leaf: Labels, day: Labels, value: Numbers, *, spread: Numbers, apps: Labels, prior: float
) -> tuple[Numbers, Numbers]:
    """(variance of a day by itself, effective days), of each cohort, from the days before.

    By moments (DerSimonian & Laird), pulled to the app's other cohorts and to a prior: few days tell little.
    """
    leaves = len(apps)
    low = int(day.min()) if len(day) else 0
    span = int(day.max(initial=low)) - low + 1
    groups = leaf * span + (day - low)
    n = np.bincount(groups, minlength=leaves * span).reshape(leaves, span).astype(np.float64)
    total = np.bincount(groups, weights=value, minlength=leaves * span).reshape(leaves, span)
    size = n.sum(axis=1)
    squared = np.square(n).sum(axis=1)
    middle = total.sum(axis=1) / np.where(size > 0, size, 1)
    mean = total / np.where(n > 0, n, 1)
    scatter = (n * np.square(mean - middle[:, None])).sum(axis=1)
    freedom = np.maximum((n > 0).sum(axis=1) - 1.0, 0.0)
    room = size - squared / np.where(size > 0, size, 1)
    estimate = (scatter - freedom * spread) / np.where(room > 0, room, 1)
    each_day = spread * (freedom + 1) / np.where(size > 0, size, 1)
    worth = freedom / np.square(1 + each_day / prior**2)
    pooled = np.bincount(apps, weights=worth * estimate)[apps] + PRIOR_DAYS * prior**2
    pooled /= np.bincount(apps, weights=worth)[apps] + PRIOR_DAYS
    pooled = np.maximum(pooled, 0.25 * prior**2)
    own = (worth * estimate + PRIOR_DAYS * pooled) / (worth + PRIOR_DAYS)
    effective = np.square(size) / np.where(squared > 0, squared, 1)
    return np.maximum(own, 0.25 * pooled), np.maximum(effective, 1.0)
