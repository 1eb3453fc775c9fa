"""What the bytes of a model cost the visitors of a class: how fast they load, how often a cache has them.

A load's time is that of its download and of building the model; what it takes from the cache is the second
alone. So the rate of a download is its bytes over what its load took longer. Medians of session-days, each
believed to be like the class above it, as if ``OWN`` session-days had said so; the root is believed to be at
10 Mbit/s without a cache. A browser that does not tell says nothing.
"""

import math
from typing import NamedTuple

import numpy as np

from collector.contract.device_class import DeviceClass
from collector.jobs.recommend.counting.medians import median
from collector.jobs.recommend.counting.places import Places
from collector.jobs.recommend.habits import ASSUMED_BYTES_A_MS
from collector.jobs.recommend.loads import Loads
from collector.jobs.recommend.session_days import Numbers

OWN = 6.0
"""Session-days with which a class says half of it. The mean of n shares of cached loads varies by 0.5 /
sqrt(n); where classes vary by 0.2, (0.5 / 0.2)^2 is 6. Rates need fewer: they differ more between classes."""
WIDER = 2.0
"""A class above says something of its own when it has so many times the session-days."""
BUILDS = 5
"""Loads from the cache that tell what building the model takes."""
MOST_BUILD = 0.5
"""Of a load's time, at most: what other devices take to build a model may be more than this load took."""
SLOWEST, FASTEST = 6.25, 125_000.0
"""Bytes a ms that a page may believably tell: 50 kbit/s, 1 Gbit/s."""


class Price(NamedTuple):
    """What a class pays for a byte."""

    bytes_a_ms: float
    """The usual rate of a download."""
    cached_share: float
    """The usual share of loads from a cache; never so much that liars could make the rest vanish."""
    loads: int
    """Session-days in the class itself that measured a download."""
    measured_in: str | None
    """The nearest class with enough of them to say most of the rate; None where no class has."""
    measured: bool
    """Whether any session-day of this class or one above measured a download."""

    @property
    def ms_a_byte(self) -> float:
        """What a byte costs a usual visitor, who may have it in the cache."""
        return (1 - self.cached_share) / self.bytes_a_ms


class Downloads:
    """What bytes cost in the classes of one model; each is found once.

    Args:
        loads: what was read of the model's loads.
        trim: the share of sessions that may be hostile.
    """

    def __init__(self, loads: Loads | None, trim: float) -> None:
        self._trim = trim
        self._loads = loads
        if loads is not None:
            seen, leaf = np.unique(loads.device, return_inverse=True)
            self._places = Places([loads.devices[index] for index in seen], leaf.astype(np.int64))
            self._rates = self._measure_rates(loads)
        self._known: dict[str, Price] = {}
        self._logs: dict[str, tuple[float, int]] = {}
        self._shares: dict[str, tuple[float, int]] = {}

    def price(self, device: DeviceClass) -> Price:
        """What a byte costs in a class."""
        if device.key not in self._known:
            path = list(device.ancestors())
            counts = [self._rate(place)[1] for place in path]
            enough = (place.key for place, count in zip(path, counts, strict=True) if count >= OWN)
            self._known[device.key] = Price(
                bytes_a_ms=math.exp(_shrink([self._rate(place) for place in path], _ASSUMED)),
                cached_share=min(_shrink([self._share(place) for place in path], 0.0), 1 - self._trim),
                loads=counts[0],
                measured_in=next(enough, None),
                measured=any(counts),
            )
        return self._known[device.key]

    def _rate(self, device: DeviceClass) -> tuple[float, int]:
        """(the median of a class's log rates, 0 without any; how many it rests on)."""
        if device.key not in self._logs:
            self._logs[device.key] = self._median(device)
        return self._logs[device.key]

    def _median(self, device: DeviceClass) -> tuple[float, int]:
        if self._loads is None:
            return 0.0, 0
        rates = self._rates[self._places.rows(device)]
        rates = rates[np.isfinite(rates)]
        return (median(rates), len(rates)) if len(rates) else (0.0, 0)

    def _share(self, device: DeviceClass) -> tuple[float, int]:
        """(the mean share of loads from a cache; the session-days that it rests on)."""
        if device.key not in self._shares:
            found = np.empty(0)
            if self._loads is not None:
                found = self._loads.cached[self._places.rows(device)]
            self._shares[device.key] = (float(found.mean()), len(found)) if len(found) else (0.0, 0)
        return self._shares[device.key]

    def _measure_rates(self, loads: Loads) -> Numbers:
        """Log bytes a ms of each row, (rows,); NaN for one without a download."""
        build = np.zeros(len(loads))
        for leaf in self._places.leaves:
            rows = self._places.rows(leaf)
            build[rows] = self._build_ms(leaf, loads)
        spent = loads.ms - np.minimum(build, MOST_BUILD * loads.ms)
        with np.errstate(divide="ignore"):
            rates = np.clip(loads.bytes / spent, SLOWEST, FASTEST)
        return np.asarray(np.log(rates))

    def _build_ms(self, leaf: DeviceClass, loads: Loads) -> float:
        """What building the model takes in a leaf class or the nearest that tells; 0 where none does."""
        for place in leaf.ancestors():
            times = loads.cached_ms[self._places.rows(place)]
            times = times[np.isfinite(times)]
            if len(times) >= BUILDS:
                return median(times)
        return 0.0


_ASSUMED = math.log(ASSUMED_BYTES_A_MS)


def _shrink(path: list[tuple[float, int]], assumed: float) -> float:
    """The figure of the first of some classes, narrow to wide, pulled to those above, at last to a guess."""
    (own, count), *above = path
    wider = next((place for place, (_, theirs) in enumerate(above) if theirs >= WIDER * count), None)
    # Below a class that says no more than its own part, the classes in between add nothing.
    rest = assumed if wider is None or not count + above[wider][1] else _shrink(above[wider:], assumed)
    return (count * own + OWN * rest) / (count + OWN)
