"""A line on stderr that is written over while a long command works."""

import sys
import time

import typer

WIDTH = 30
OFTEN_S = 0.1


class LiveLine:
    """Shows what is done now, ten times a second at most; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._wanted = sys.stderr.isatty()
        self._began = time.monotonic()
        self._shown_at = 0.0
        self._doing = ""

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def due(self, doing: str) -> bool:
        """Whether to show now: something else is done, or the last line is old."""
        return self._wanted and (time.monotonic() - self._shown_at >= OFTEN_S or doing != self._doing)

    def write(self, text: str, doing: str) -> None:
        """Writes over the line."""
        self._shown_at, self._doing = time.monotonic(), doing
        typer.echo(f"\r\x1b[K{text}", err=True, nl=False)

    def clear(self) -> None:
        """Takes the line away."""
        if self._wanted and self._shown_at:
            typer.echo("\r\x1b[K", err=True, nl=False)
            self._shown_at = 0.0


def bar(done: int, of: int) -> str:
    """``[#####     ]``."""
    full = WIDTH * done // max(of, 1)
    return f"[{'#' * full}{' ' * (WIDTH - full)}]"
