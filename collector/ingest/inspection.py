"""Looks through a large spool file for damage while it is used: reading 1 GB from a slow disk takes 15 s."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from collector.ingest.spool_file import connect, is_damage, look_for_damage


class Inspection:
    """One look, in a thread of its own."""

    def __init__(self, path: Path, report_damage: Callable[[sqlite3.Error], None]) -> None:
        """Begins. ``report_damage`` is called at most once, from the thread."""
        self._report_damage = report_damage
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = connect(path, read_only=True)
        self._thread = threading.Thread(
            target=self._look, args=(self._connection,), name="spool-inspection", daemon=True
        )
        self._thread.start()

    def end(self) -> None:
        """Breaks it off, if it has not ended. Idempotent."""
        with self._lock:
            if self._connection is not None:
                self._connection.interrupt()
        self._thread.join()

    def _look(self, connection: sqlite3.Connection) -> None:
        try:
            look_for_damage(connection)
        except sqlite3.DatabaseError as error:
            if is_damage(error):  # else it was broken off
                self._report_damage(error)
        finally:
            with self._lock:
                self._connection = None
            connection.close()
