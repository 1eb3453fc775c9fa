"""A bar that shows how far long work is."""

import sys
import time
from collections.abc import Callable

import typer

WIDTH = 30
OFTEN_S = 0.1


class ProgressBar:
    """A line on stderr that is written over; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._wanted = sys.stderr.isatty()
        self._began = time.monotonic()
        self._shown_at = 0.0
        self._doing = ""

    def show(self, doing: str, line: Callable[[float], str]) -> None:
        """Shows ``line(seconds so far)``: ten times a second, and at once when another thing is done."""
        now = time.monotonic()
        if not self._wanted or (now - self._shown_at < OFTEN_S and doing == self._doing):
            return
        self._shown_at, self._doing = now, doing
        typer.echo(f"\r\x1b[K{line(now - self._began)}", err=True, nl=False)

    def clear(self) -> None:
        """Takes the line away."""
        if self._wanted and self._shown_at:
            typer.echo("\r\x1b[K", err=True, nl=False)
            self._shown_at = 0.0


def bar(done: int, of: int) -> str:
    """``[#####     ]``."""
    filled = WIDTH * done // of if of else 0
    return f"[{'#' * filled}{' ' * (WIDTH - filled)}]"
