"""Day and night: when visitors come, and on what. Desktops work by day, phones in the evening."""

import math

import numpy as np
from numpy.typing import NDArray

from collector.contract.vocabulary import FormFactor

HOURS = 24
MIDNIGHT = 0.0
"""When a fleet's days end: it lives where it is midnight now, so that a seed brings the same visitors at any
hour."""
_PEAK_HOUR = {FormFactor.DESKTOP: 14, FormFactor.MOBILE: 21, FormFactor.TABLET: 20}
_SWING = 0.8
"""At the peak there are (1 + 0.8) / (1 - 0.8) = 9 times as many visitors as twelve hours from it."""


def intensity(form: FormFactor, hour: float) -> float:
    """How many visitors come at an hour of the day, 1 on average."""
    return 1 + _SWING * math.cos((hour - _PEAK_HOUR.get(form, 18)) * math.tau / HOURS)


class Calendar:
    """Spreads a fleet's sessions, in their order, over the days before now."""

    def __init__(self, forms: list[FormFactor], days: float, now_hour: float) -> None:
        """
        Args:
            forms: the form factor of each cell.
            days: how many days; 0 makes every session happen now, on any kind of device alike.
            now_hour: the hour of the day at the end, where the fleet lives.
        """
        self._days = days
        steps = np.linspace(-days * HOURS, 0, max(2, math.ceil(days * HOURS * 6) + 1))
        self._before = steps / HOURS
        hours = (now_hour + steps) % HOURS
        self._weights: NDArray[np.float64] = np.array(
            [[intensity(form, hour) for form in forms] for hour in hours]
        )
        arrivals = self._weights.sum(axis=1)
        passed = np.concatenate(([0.0], np.cumsum((arrivals[1:] + arrivals[:-1]) / 2)))
        self._passed = passed / passed[-1]

    def days_ago(self, share: float) -> float:
        """When the session comes that so large a share (0 to 1) of all sessions precedes."""
        return float(-np.interp(share, self._passed, self._before)) if self._days else 0.0

    def weights(self, days_ago: float) -> NDArray[np.float64]:
        """How likely each cell is (cells,) for a session at that time; they add up to 1."""
        if not self._days:
            cells = self._weights.shape[1]
            return np.full(cells, 1 / cells)
        at = self._weights[int(np.argmin(np.abs(self._before + days_ago)))]
        return np.asarray(at / at.sum())
