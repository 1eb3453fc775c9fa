"""Asks until an answer is as wanted."""

import time
from collections.abc import Callable
from typing import TypeVar

import httpx

from examples.demo.errors import DemoError

Found = TypeVar("Found")
_PAUSE = 0.1


def wait_for(what: str, look: Callable[[], Found | None], *, seconds: float) -> Found:
    """The first answer of ``look`` that is not None.

    Raises:
        DemoError: there was none in time. A connection that fails counts as no answer yet.
    """
    end = time.monotonic() + seconds
    last: Exception | None = None
    while time.monotonic() < end:
        try:
            found = look()
        except httpx.TransportError as error:
            last, found = error, None
        if found is not None:
            return found
        time.sleep(_PAUSE)
    raise DemoError(f"{what} did not happen within {seconds:.0f} s" + (f" ({last})" if last else ""))
