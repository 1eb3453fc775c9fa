"""Medians of one group and of many, without what numpy's own spends on shapes, axes and missing values."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def median(values: Numbers) -> float:
    """The median of some finite values, of shape (n,) with n > 0."""
    middle = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, middle)[middle])
    ordered = np.partition(values, (middle - 1, middle))
    return float((ordered[middle - 1] + ordered[middle]) / 2)


def medians(values: Numbers, group: NDArray[np.int64]) -> Numbers:
    """The median of each group 0, 1, 2, ..., of shape (groups,). Every group has a value; arguments: (n,)."""
    sizes = np.bincount(group)
    by_value = np.argsort(values)
    # A stable sort of 8 or 16 bits is a radix sort: much faster than a sort by two keys.
    labels = group.astype(np.min_scalar_type(len(sizes)))[by_value]
    ordered = values[by_value][np.argsort(labels, kind="stable")]
    starts = np.cumsum(sizes) - sizes
    return np.asarray((ordered[starts + (sizes - 1) // 2] + ordered[starts + sizes // 2]) / 2)
