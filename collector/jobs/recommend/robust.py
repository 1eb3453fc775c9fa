"""Location and spread that a tenth of hostile sessions cannot carry away: the trimmed mean and its error.

Values are logarithms of per-session costs; one value is one session on one day.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 1e-9
"""Shares are sums of floats: a cut of exactly ``trim`` must not depend on their last digit."""


@dataclass(frozen=True, slots=True)
class Location:
    """A trimmed mean with what is needed to compare it."""

    n: int
    mean: float
    size: float
    """Votes of equal weight that would give a mean as exact as this one; without weights, those kept."""
    freedom: float
    """Degrees of freedom of ``squares``."""
    squares: float
    """Winsorised sum of squared deviations (Yuen 1974)."""
    low: float
    """The mean, were the highest trimmed share hostile: the least it can honestly be."""
    high: float
    """The mean, were the lowest trimmed share hostile: the most it can honestly be."""

    def variance(self, prior_sd: float, prior_weight: float) -> float:
        """Variance of one value: the winsorised one, pulled to a prior: few values never look exact."""
        return (prior_weight * prior_sd**2 + self.squares) / (prior_weight + self.freedom)

    def standard_error(self, prior_sd: float, prior_weight: float) -> float:
        """Standard error of the trimmed mean, sqrt(variance / size) (Yuen 1974)."""
        return math.sqrt(self.variance(prior_sd, prior_weight) / self.size)


def trimmed_mean(
    values: Sequence[float] | NDArray[np.float64],
    trim: float,
    *,
    weights: NDArray[np.float64] | None = None,
    lost: float = 1.0,
) -> Location:
    """The mean without the lowest and the highest votes that have at most ``trim`` of the weight each.

    Without weights those are ``floor(trim * n)`` votes at each end. The sum of squares is that of the
    winsorised values, from which Yuen's standard error follows: K. K. Yuen, The two-sample trimmed t for
    unequal population variances, Biometrika 61 (1974). Under weights each square counts by its squared
    weight, as it does in the variance of a weighted mean.

    Args:
        values: shape (n,).
        trim: the share of the weight that is cut at each end.
        weights: shape (n,), positive; None for equal ones.
        lost: degrees of freedom that were spent on what was subtracted from the values, the mean among them.

    Raises:
        ValueError: without values, or when ``trim`` is outside ``[0, 0.4]``.
    """
    if len(values) == 0:
        raise ValueError("the mean of no values is not defined")
    if not 0.0 <= trim <= 0.4:
        raise ValueError(f"trim lies in [0, 0.4], not {trim}")
    given = np.asarray(values, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    ordered = given[order]
    n = len(ordered)
    share = np.full(n, 1.0 / n) if weights is None else weights[order] / weights.sum()
    below, above = np.cumsum(share), np.cumsum(share[::-1])
    first = int(np.searchsorted(below, trim + _ROUNDING, side="right"))
    last = n - int(np.searchsorted(above, trim + _ROUNDING, side="right"))
    low_cut, high_cut = float(share[:first].sum()), float(share[last:].sum())
    # Cut once more at the other end as much as was cut there already, but always leave one vote.
    low_end = n - int(np.searchsorted(above, 2 * high_cut + _ROUNDING, side="right"))
    high_start = int(np.searchsorted(below, 2 * low_cut + _ROUNDING, side="right"))
    winsorised = np.clip(ordered, ordered[first], ordered[last - 1])
    squared = share**2
    spread = (winsorised - np.average(winsorised, weights=share)) ** 2
    kept = share[first:last] / share[first:last].sum()
    return Location(
        n=n,
        mean=float((kept * ordered[first:last]).sum()),
        size=float(1.0 / (kept**2).sum()),
        freedom=(last - first) - 1.0 - (lost - 1.0) * (last - first) / n,
        squares=float(n * (squared * spread).sum() / squared.sum()),
        low=_average(ordered, share, first, max(first + 1, low_end)),
        high=_average(ordered, share, min(last - 1, high_start), last),
    )


def _average(values: NDArray[np.float64], weights: NDArray[np.float64], start: int, end: int) -> float:
    return float(np.average(values[start:end], weights=weights[start:end]))
