"""A few clients shared by many threads.

One client of the embedded engine answers one call at a time (clickhouse-connect locks its handle), while
the engine itself runs several: a long read must not hold up an insert. A client per thread would leave one
behind for every thread that uvicorn ends.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clickhouse_connect.driver.client import Client

from collector.store.errors import StoreError, StoreUnavailable


class ClientPool:
    """Lends at most ``size`` clients, made when first needed. Thread-safe."""

    def __init__(self, connect: Callable[[], Client], *, size: int, wait_s: float = 60.0) -> None:
        self._connect = connect
        self._size = size
        self._wait_s = wait_s
        self._idle: queue.LifoQueue[Client] = queue.LifoQueue()
        self._guard = threading.Lock()
        self._made = 0
        self._closed = False

    @contextmanager
    def borrow(self) -> Iterator[Client]:
        """A client for one call.

        Raises:
            StoreUnavailable: all are busy for longer than ``wait_s``.
            StoreError: the pool is closed.
        """
        client = self._take()
        try:
            yield client
        finally:
            with self._guard:
                closed = self._closed
                if not closed:
                    self._idle.put(client)
            if closed:
                client.close()

    def close(self) -> None:
        """Closes idle clients now and lent ones when they come back."""
        with self._guard:
            self._closed = True
            while True:
                try:
                    self._idle.get_nowait().close()
                except queue.Empty:
                    return

    def _take(self) -> Client:
        with self._guard:
            if self._closed:
                raise StoreError("the store is closed")
            if self._idle.empty() and self._made < self._size:
                self._made += 1
                make = True
            else:
                make = False
        if make:
            try:
                return self._connect()
            except BaseException:
                with self._guard:
                    self._made -= 1
                raise
        try:
            return self._idle.get(timeout=self._wait_s)
        except queue.Empty:
            raise StoreUnavailable(
                f"the store's {self._size} connections stayed busy for {self._wait_s:g} s; try again later"
            ) from None
