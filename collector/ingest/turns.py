"""Short steps of another thread, done in the event loop's thread between its callbacks."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

WAIT_SECONDS = 1.0
"""A loop that has not come to a step by then has stopped, or has a fault of its own."""


class Turns:
    """Runs steps of 1 to 3 ms where nobody else computes. For one thread at a time.

    Each operation on arrays gives the GIL up. A thread of its own waits for the loop to let it have it back,
    and then the loop for the thread: 40 ms of work took 700, and acknowledgements waited for 80.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Without a loop, steps are run by whoever wants them."""
        self._loop = loop

    def take(self, step: Callable[[], T]) -> T:
        """The step's result, or what it raises. Blocks; not for the loop's own thread."""
        if self._loop is None:
            return step()
        done: Future[T] = Future()
        try:
            self._loop.call_soon_threadsafe(_run, step, done)
        except RuntimeError:  # the loop is closed
            self._loop = None
            return step()
        try:
            return done.result(WAIT_SECONDS)
        except TimeoutError:
            if done.cancel():
                self._loop = None
                return step()
            return done.result()


def _run(step: Callable[[], T], done: "Future[T]") -> None:
    if not done.set_running_or_notify_cancel():
        return
    try:
        done.set_result(step())
    except Exception as error:  # handed to the thread that asked, whatever it is
        done.set_exception(error)
