"""A block's reports become tables, a few at a time, so that no acknowledgement waits for all of them."""

import time
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from collector.ingest.batch import Batch
from collector.ingest.columns import join_tables, to_tables
from collector.ingest.number_lists import unfit
from collector.ingest.records import UNFIT, Poison, read_block
from collector.ingest.spool import Spool
from collector.ingest.turns import Turns

STEP_REPORTS = 96
"""Reports that are made columns at one time: 2 to 4 ms, 0.7 of them whatever their number."""
PAUSE_SECONDS = 0.005

ByName = dict[str, pa.Table]
"""A block's tables."""


def read_tables(
    spool: Spool, groups: list[int], turns: Turns, *, hurry: bool
) -> tuple[ByName, int, list[Poison]]:
    """The tables of these groups, of how many reports they are, and the reports that cannot become rows.

    Without ``hurry`` the loop is left alone between two steps for about as long as one takes.
    """
    batches, poison = read_block(spool, groups)
    reports = sum(len(batch.reports) for batch in batches)
    batches.reverse()
    parts = []
    try:
        while batches:
            parts.append(turns.take(lambda: _step(batches)))
            if not hurry:
                time.sleep(PAUSE_SECONDS)
    except UNFIT:
        batches, poison = read_block(spool, groups)  # from the spool: those of before are used up
        tables, stored, of_lists = without_unfit(batches)
        return tables, stored, poison + of_lists
    return join_tables(parts), reports, poison


def without_unfit(batches: Sequence[Batch]) -> tuple[ByName, int, list[Poison]]:
    """The same for batches of which some reports do not fit the columns."""
    pairs = [pair for batch in batches for pair in zip(batch.received_at_ms, batch.reports, strict=True)]
    bad = dict(unfit(pairs, _try, errors=UNFIT))
    poison = [Poison.of(*pairs[position], error) for position, error in bad.items()]
    good = [pair for position, pair in enumerate(pairs) if position not in bad]
    return (join_tables([to_tables(Batch.of_pairs(good))]) if good else {}), len(good), poison


def _step(batches: list[Batch]) -> ByName:
    """The tables of the last of these batches, which are used up: freeing them takes its time, too."""
    taken = [batches.pop()]
    while batches and sum(len(batch.reports) for batch in taken) < STEP_REPORTS:
        taken.append(batches.pop())
    return to_tables(Batch.joined(taken))


def _try(pairs: Sequence[tuple[int, Any]]) -> None:
    to_tables(Batch.of_pairs(pairs))
