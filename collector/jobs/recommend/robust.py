"""Location and spread that a tenth of hostile sessions cannot carry away: the trimmed mean and its error.

Values are logarithms of per-session costs; one value is one session on one day.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Location:
    """A trimmed mean with what is needed to compare it."""

    n: int
    kept: int
    mean: float
    squares: float
    """Winsorised sum of squared deviations (Yuen 1974)."""
    low: float
    """The mean, were the highest trimmed share hostile: the least it can honestly be."""
    high: float
    """The mean, were the lowest trimmed share hostile: the most it can honestly be."""

    def variance(self, prior_sd: float, prior_weight: float) -> float:
        """Variance of one value: the winsorised one, pulled to a prior: few values never look exact."""
        return (prior_weight * prior_sd**2 + self.squares) / (prior_weight + self.kept - 1)

    def standard_error(self, prior_sd: float, prior_weight: float) -> float:
        """Standard error of the trimmed mean, sqrt(variance / kept) (Yuen 1974)."""
        return math.sqrt(self.variance(prior_sd, prior_weight) / self.kept)


def trimmed_mean(values: Sequence[float] | NDArray[np.float64], trim: float) -> Location:
    """The mean without the lowest and the highest ``floor(trim * n)`` values.

    The sum of squares is that of the winsorised values, from which Yuen's standard error follows:
    K. K. Yuen, The two-sample trimmed t for unequal population variances, Biometrika 61 (1974).

    Raises:
        ValueError: without values, or when ``trim`` is outside ``[0, 0.4]``.
    """
    if len(values) == 0:
        raise ValueError("the mean of no values is not defined")
    if not 0.0 <= trim <= 0.4:
        raise ValueError(f"trim lies in [0, 0.4], not {trim}")
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    n = len(ordered)
    cut = math.floor(trim * n)
    core = ordered[cut : n - cut]
    winsorised = np.clip(ordered, core[0], core[-1])
    return Location(
        n=n,
        kept=len(core),
        mean=float(core.mean()),
        squares=float(((winsorised - winsorised.mean()) ** 2).sum()),
        low=float(ordered[cut : max(cut + 1, n - 2 * cut)].mean()),
        high=float(ordered[min(n - cut - 1, 2 * cut) : n - cut].mean()),
    )
