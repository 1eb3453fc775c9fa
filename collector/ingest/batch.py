"""Reports that were decoded together: from a group that is being committed, or from the spool."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple, Self

from collector.ingest.number_lists import NumberLists, join, read_number_lists


class Batch(NamedTuple):
    """Structs of reports, when each arrived (epoch ms), and what their lists of numbers say."""

    received_at_ms: list[int]
    reports: list[Any]
    numbers: NumberLists

    @classmethod
    def of(cls, received_at_ms: Sequence[int], reports: Sequence[Any]) -> Self:
        """Reads the lists.

        Raises:
            UnfitLists: one of them is not what the contract says.
        """
        return cls(list(received_at_ms), list(reports), read_number_lists(reports))

    @classmethod
    def of_pairs(cls, pairs: Sequence[tuple[int, Any]]) -> Self:
        """Of (when it arrived, report) pairs. Raises as ``of`` does."""
        return cls.of([received_at_ms for received_at_ms, _ in pairs], [report for _, report in pairs])

    @classmethod
    def joined(cls, batches: Sequence["Batch"]) -> Self:
        """The reports of several batches, in their order."""
        return cls(
            list(chain.from_iterable(batch.received_at_ms for batch in batches)),
            list(chain.from_iterable(batch.reports for batch in batches)),
            join([batch.numbers for batch in batches]),
        )
