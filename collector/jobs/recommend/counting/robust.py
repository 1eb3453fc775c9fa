"""Location and spread that a tenth of hostile sessions cannot carry away: the trimmed mean and its error.

Values are logarithms of per-session costs; one value is one session on one day.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
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
    values: Sequence[float] | Numbers,
    trim: float,
    *,
    weights: Numbers | None = None,
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
    return _equal(given, trim, lost) if weights is None else _weighted(given, trim, weights, lost)


def _equal(values: Numbers, trim: float, lost: float) -> Location:
    ordered = np.sort(values)
    n = len(ordered)
    cut = int(trim * n + _ROUNDING)
    core = ordered[cut : n - cut]
    winsorised = np.clip(ordered, core[0], core[-1])
    return Location(
        n=n,
        mean=float(core.mean()),
        size=float(len(core)),
        freedom=_freedom(len(core), n, lost),
        squares=float(((winsorised - winsorised.mean()) ** 2).sum()),
        low=float(ordered[cut : max(cut + 1, n - 2 * cut)].mean()),
        high=float(ordered[min(n - cut - 1, 2 * cut) : n - cut].mean()),
    )


def _weighted(values: Numbers, trim: float, weights: Numbers, lost: float) -> Location:
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    n = len(ordered)
    share = weights[order] / weights.sum()
    below, above = np.cumsum(share), np.cumsum(share[::-1])
    first = int(np.searchsorted(below, trim + _ROUNDING, side="right"))
    last = n - int(np.searchsorted(above, trim + _ROUNDING, side="right"))
    low_cut, high_cut = float(share[:first].sum()), float(share[last:].sum())
    # Cut once more at the other end as much as was cut there already, but always leave one vote.
    low_end = n - int(np.searchsorted(above, 2 * high_cut + _ROUNDING, side="right"))
    high_start = int(np.searchsorted(below, 2 * low_cut + _ROUNDING, side="right"))
    winsorised = np.clip(ordered, ordered[first], ordered[last - 1])
    squared = share**2
    kept = share[first:last]
    return Location(
        n=n,
        mean=_average(ordered, share, first, last),
        size=float(kept.sum() ** 2 / (kept**2).sum()),
        freedom=_freedom(last - first, n, lost),
        squares=float(n * (squared * (winsorised - share @ winsorised) ** 2).sum() / squared.sum()),
        low=_average(ordered, share, first, max(first + 1, low_end)),
        high=_average(ordered, share, min(last - 1, high_start), last),
    )


def _freedom(kept: int, n: int, lost: float) -> float:
    """What was spent beyond the mean is put down to the votes that were kept by their share."""
    return kept - 1.0 - (lost - 1.0) * kept / n


def _average(values: Numbers, weights: Numbers, start: int, end: int) -> float:
    chosen = weights[start:end]
    return float(chosen @ values[start:end] / chosen.sum())
