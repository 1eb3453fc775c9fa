"""Lets writers through, or holds them up while somebody has to see the tables stand still."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class WriteGate:
    """Many writers at a time; ``closed`` waits until they are out and lets none in. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._writers = 0
        self._closed = False

    @contextmanager
    def passing(self) -> Iterator[None]:
        """For one write; waits while the gate is closed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._writers += 1
        try:
            yield
        finally:
            with self._changed:
                self._writers -= 1
                self._changed.notify_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """No write is under way and none begins. One at a time; a write inside would wait for ever."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._closed = True
            self._changed.wait_for(lambda: not self._writers)
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()
