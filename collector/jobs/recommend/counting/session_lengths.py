"""How many predictions a session of a class makes: what pays for a start.

The median of a few sessions may be anything: a session makes from one prediction to thousands. So a class
is believed to be like those above it, as if ``OWN`` sessions had said so, and speaks for itself where it has
many.
"""

import math

import numpy as np

from collector.contract.device_class import DeviceClass
from collector.jobs.recommend.counting.places import Places
from collector.jobs.recommend.session_days import Numbers

OWN = 20.0
"""Sessions with which a class says half of it. The median of n sessions varies by 1.25 sd / sqrt(n): with
a log-sd of 1.2 in a class, and of 0.35 between classes, (1.25 * 1.2 / 0.35)^2 is 18."""
WIDER = 2.0
"""A class above says something of its own when it has so many times the sessions; most of a narrower one's
are the class's own, which would count twice."""


class SessionLengths:
    """Usual predictions of the classes of one model; each is found once.

    Args:
        places: where the rows of a class are.
        predictions: of each row, (rows,).
        weights: how many session-days each row stands for, (rows,); 0 for one that has no vote.
    """

    def __init__(self, places: Places, predictions: Numbers, weights: Numbers) -> None:
        self._places = places
        self._logs = np.log(np.maximum(predictions, 1.0))
        # Sorting 16 bits is a radix sort: several times faster, and a thousandth of a length is no matter.
        self._order = np.minimum(np.round(self._logs * 2000), 65_535).astype(np.uint16)
        self._weights = weights
        self._own: dict[str, tuple[float, float]] = {}
        self._usual: dict[str, float] = {}

    def usual(self, device: DeviceClass) -> float:
        """The usual predictions of a session in a class, at least 1."""
        return math.exp(self._log(device))

    def _log(self, device: DeviceClass) -> float:
        if device.key not in self._usual:
            own, sessions = self._measure(device)
            above = next(
                (
                    place
                    for place in list(device.ancestors())[1:]
                    if self._measure(place)[1] >= WIDER * sessions
                ),
                None,
            )
            if above is not None:
                own = (sessions * own + OWN * self._log(above)) / (sessions + OWN)
            self._usual[device.key] = own
        return self._usual[device.key]

    def _measure(self, device: DeviceClass) -> tuple[float, float]:
        """(the median of a class's log lengths, 0 without any; how many sessions it rests on)."""
        if device.key not in self._own:
            rows = self._places.rows(device)
            rows = rows[self._weights[rows] > 0]
            rows = rows[np.argsort(self._order[rows], kind="stable")]
            weights = self._weights[rows]
            # As many as would say as much, had each stood for as many.
            sessions = float(weights.sum() ** 2 / (weights**2).sum()) if len(rows) else 0.0
            median = median_of_weighted(self._logs[rows], weights) if len(rows) else 0.0
            self._own[device.key] = median, sessions
        return self._own[device.key]


def median_of_weighted(values: Numbers, weights: Numbers) -> float:
    """The value with half of the weight on either side, or the middle of two.

    Args:
        values: ascending, (n,) with n > 0.
        weights: of each, above 0, (n,).
    """
    reached = np.cumsum(weights)
    half = reached[-1] / 2
    low = int(np.searchsorted(reached, half * (1 - 1e-9)))
    high = min(int(np.searchsorted(reached, half * (1 + 1e-9), side="right")), len(values) - 1)
    return float((values[low] + values[high]) / 2)
