"""How old a batch id is: in hours that a jump of the system's clock does not move by more than one.

By the system's clock alone, one that is set a week ahead would forget every id at once, and a batch that
is sent again be stored twice; one that begins in 1970, as machines without a battery do, would forget as
much when it is set right. So while the collector runs, the hours go by with its monotonic clock, and
across a restart they advance by no more than the system's clock says, and by one at most. Ids may so be
remembered for longer than the retry horizon, by the time that no collector ran: ``spool.max_remembered``
bounds them as ever.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import NamedTuple

_TABLE = "CREATE TABLE IF NOT EXISTS age (only INTEGER PRIMARY KEY CHECK (only = 1), hour INTEGER NOT NULL)"


class Clocks(NamedTuple):
    """Seconds: since the epoch, as the system believes, and since any moment, without jumps."""

    system: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


SYSTEM = Clocks()


class Age:
    """The hours of one spool's file."""

    def __init__(self, connection: sqlite3.Connection, clocks: Clocks) -> None:
        connection.execute(_TABLE)
        saved = connection.execute("SELECT hour FROM age").fetchone()
        hours = clocks.system() / 3600
        self._begin = hours if saved is None else min(max(hours, saved[0]), saved[0] + 1)
        self._monotonic = clocks.monotonic
        self._began = clocks.monotonic()
        self.save(connection)

    def hours(self) -> float:
        """Now."""
        return self._begin + (self._monotonic() - self._began) / 3600

    def save(self, connection: sqlite3.Connection) -> None:
        """Keeps the hour for the next start."""
        connection.execute("INSERT OR REPLACE INTO age VALUES (1, ?)", (int(self.hours()),))
