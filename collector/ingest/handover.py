"""What was decoded on arrival and is on disk, on its way to the drain: bounded, and worth nothing but time.

Each report is decoded once. After a restart, or past the bound, the drain decodes groups from the spool.
"""

import threading

from collector.ingest.batch import Batch

MOST_BYTES = 48 << 20
"""Of bodies; what they were decoded into takes about twice as much."""


class Handover:
    """Decoded groups by their number in the spool. Thread-safe."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._groups: dict[int, tuple[Batch, int]] = {}
        self._bytes = 0

    def put(self, number: int, batch: Batch, size: int) -> None:
        """Keeps a committed group of ``size`` bytes, unless too much is kept already."""
        with self._lock:
            if self._bytes + size <= self._most_bytes:
                self._groups[number] = (batch, size)
                self._bytes += size

    def take(self, numbers: list[int]) -> dict[int, Batch]:
        """Those of the groups that are kept, for the last time."""
        with self._lock:
            taken = {number: self._groups.pop(number) for number in numbers if number in self._groups}
            self._bytes -= sum(size for _, size in taken.values())
        return {number: batch for number, (batch, _) in taken.items()}

    def clear(self) -> None:
        """Forgets all."""
        with self._lock:
            self._groups.clear()
            self._bytes = 0
