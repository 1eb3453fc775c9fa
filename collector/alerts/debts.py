"""What targets have not taken, over all jobs: so that a rule can say that somebody is not told."""

import threading
import time
from collections.abc import Callable, Iterable

FORGET_S = 3600.0
"""A job hands over what it owes in each run. What none handed over for so long is owed no more."""


class Debts:
    """Events owed, by target. Thread-safe."""

    def __init__(self, targets: Iterable[str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._owed: dict[str, dict[str, float]] = {target: {} for target in targets}
        self._taken = dict.fromkeys(self._owed, 0)

    def settle(self, target: str, events: set[str]) -> None:
        """The target took these."""
        with self._lock:
            self._taken[target] += len(events)
            for event in events:
                self._owed[target].pop(event, None)

    def owe(self, target: str, events: set[str]) -> None:
        """The target did not answer, or refused these."""
        now = self._clock()
        with self._lock:
            self._owed[target] |= dict.fromkeys(events, now)

    def owed(self) -> dict[str, int]:
        """How many events each target is owed now."""
        now = self._clock()
        with self._lock:
            for events in self._owed.values():
                for event in [event for event, seen in events.items() if now - seen > FORGET_S]:
                    del events[event]
            return {target: len(events) for target, events in self._owed.items()}

    def taken(self) -> dict[str, int]:
        """How many deliveries each target took since the start."""
        with self._lock:
            return dict(self._taken)
