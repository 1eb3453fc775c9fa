"""A line on stderr that is written over while a long command works."""

import sys
import time

import typer

WIDTH = 30
OFTEN_S = 0.1


class LiveLine:
    """Shows what is done now, ten times a second at most.

    Where stderr is no terminal but a log, nothing is shown, or with ``in_logs`` a new line for each step.
    """

    in_logs = False

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        """Whether a line can be written over."""
        self._began = time.monotonic()
        self._shown_at = 0.0
        self._doing = ""

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def due(self, doing: str) -> bool:
        """Whether to show now: something else is done, or the last line is old."""
        if not self.terminal:
            return self.in_logs and doing != self._doing
        return time.monotonic() - self._shown_at >= OFTEN_S or doing != self._doing

    def write(self, text: str, doing: str) -> None:
        """Writes over the line; in a log, below the last one."""
        self._shown_at, self._doing = time.monotonic(), doing
        typer.echo(f"\r\x1b[K{text}" if self.terminal else text, err=True, nl=not self.terminal)

    def clear(self) -> None:
        """Takes the line away."""
        if self.terminal and self._shown_at:
            typer.echo("\r\x1b[K", err=True, nl=False)
            self._shown_at = 0.0


def bar(done: int, of: int) -> str:
    """``[#####     ]``."""
    full = WIDTH * done // max(of, 1)
    return f"[{'#' * full}{' ' * (WIDTH - full)}]"
