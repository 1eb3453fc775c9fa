"""Budgets of reports: so many a second, so many at once, for each name that comes along."""

import time
from collections import OrderedDict
from collections.abc import Callable


class Budgets:
    """Token buckets by name, for the event loop.

    A bucket is kept as the moment at which it will be full again (the generic cell rate algorithm), one float
    a name. Of more than ``kept`` names the one not seen for longest is forgotten: its bucket is full again.
    """

    def __init__(
        self, per_second: float, at_once: int, *, kept: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._step = 1.0 / per_second
        self._room = (at_once - 1) / per_second
        self._kept = kept
        self._monotonic = monotonic
        self._full_at: OrderedDict[bytes, float] = OrderedDict()
        self.refused = 0

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, name: bytes) -> float:
        """Takes one. 0 when there was one, else the seconds until there is, and nothing is taken."""
        now = self._monotonic()
        full_at = max(self._full_at.get(name, 0.0), now)
        if (wait := full_at - now - self._room) > 1e-9:  # a float's rounding is no debt
            self.refused += 1
            return wait
        self._full_at[name] = full_at + self._step
        self._full_at.move_to_end(name)
        if len(self._full_at) > self._kept:
            self._full_at.popitem(last=False)
        return 0.0
