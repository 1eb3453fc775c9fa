"""A few clients shared by many threads.

One client of the embedded engine answers one call at a time (clickhouse-connect locks its handle), while
the engine itself runs several: a long read must not hold up an insert. A client per thread would leave one
behind for every thread that uvicorn ends.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clickhouse_connect.driver.client import Client

from collector.store.errors import StoreError, StoreUnavailable


def _nothing() -> None:
    """What follows the last client, where nothing does."""


class ClientPool:
    """Lends at most ``size`` clients, made when first needed. Thread-safe.

    A client whose call raised is closed and not lent again: chDB puts the rows that a failed query had
    produced in front of the next answer on its connection.
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        *,
        size: int,
        wait_s: float = 60.0,
        when_empty: Callable[[], None] = _nothing,
    ) -> None:
        """``when_empty`` is called once: the pool is closed and so is its last client."""
        self._connect = connect
        self._size = size
        self._wait_s = wait_s
        self._when_empty = when_empty
        self._changed = threading.Condition()
        self._idle: list[Client] = []
        self._made = 0
        self._closed = False
        self.dropped = 0
        """Clients that were closed because a call on them raised."""

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
        except BaseException:
            with self._changed:
                self.dropped += 1
            self._end(client)
            raise
        self._give_back(client)

    def close(self) -> None:
        """Closes idle clients now and lent ones when they come back. Idempotent."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            idle, self._idle = self._idle, []
            self._made += 1  # this call's own, so that the last client is not gone before it ends
            self._changed.notify_all()
        try:
            for client in idle:
                self._end(client)
        finally:
            self._forget()

    def _take(self) -> Client:
        with self._changed:
            free = self._changed.wait_for(
                lambda: self._closed or self._idle or self._made < self._size, timeout=self._wait_s
            )
            if self._closed:
                raise StoreError("the store is closed")
            if not free:
                raise StoreUnavailable(
                    f"the store's {self._size} connections stayed busy for {self._wait_s:g} s; "
                    "try again later"
                )
            if self._idle:
                return self._idle.pop()
            self._made += 1
        try:
            return self._connect()
        except BaseException:
            self._forget()
            raise

    def _give_back(self, client: Client) -> None:
        with self._changed:
            if not self._closed:
                self._idle.append(client)
                self._changed.notify()
                return
        self._end(client)

    def _end(self, client: Client) -> None:
        try:
            client.close()
        finally:
            self._forget()

    def _forget(self) -> None:
        """There is one client less."""
        with self._changed:
            self._made -= 1
            self._changed.notify()
            empty = self._closed and self._made == 0
        if empty:
            self._when_empty()
