"""The counts that the spool's file keeps: what they say survives the process."""

import sqlite3
from collections.abc import Mapping

from collector.ingest.accounting import Count


def read_counts(connection: sqlite3.Connection) -> dict[Count, int]:
    """All that were saved."""
    rows = connection.execute("SELECT unit, outcome, reason, n FROM counts")
    return {Count(unit, outcome, reason): n for unit, outcome, reason, n in rows}


def save_counts(connection: sqlite3.Connection, counts: Mapping[Count, int]) -> None:
    """Adds to the saved counts, within the caller's transaction."""
    if counts:
        values = ",".join(["(?,?,?,?)"] * len(counts))
        connection.execute(
            f"INSERT INTO counts VALUES {values} ON CONFLICT DO UPDATE SET n = n + excluded.n",
            [value for count, n in counts.items() for value in (*count, n)],
        )
