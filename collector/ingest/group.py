"""The reports of one commit: their lists of numbers are checked together, before anything is written."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from collector.contract.reasons import Reason
from collector.ingest.absolute_memory import has_absolute_memory
from collector.ingest.accounting import (
    ITEMS_ACCEPTED,
    ITEMS_DUPLICATE,
    REPORTS_ACCEPTED,
    REPORTS_DUPLICATE,
    UNKNOWN_FIELDS,
    Count,
)
from collector.ingest.batch import Batch
from collector.ingest.decode import Decoded, decode
from collector.ingest.number_lists import UnfitLists, unfit
from collector.ingest.refusal import Refused

log = structlog.get_logger(__name__)


class Entry(NamedTuple):
    """A report that waits for its commit. The answer is True when it is new, False for a retry."""

    decoded: Decoded
    received_at_ms: int
    answer: "asyncio.Future[bool]"


class Group(NamedTuple):
    """What is to be committed, and the same decoded; and what turned out to be refused."""

    entries: list[Entry]
    batch: Batch
    refused: list[tuple[Entry, Refused]]


def examine(entries: Sequence[Entry]) -> Group:
    """Checks what ``skim`` left unchecked. A report whose lists do not fit gets the models' verdict."""
    refused: list[tuple[Entry, Refused]] = []
    kept = list(entries)
    try:
        return Group(kept, _arrived(kept), refused)
    except UnfitLists:
        unfit_at = unfit([entry.decoded.report for entry in kept], _check)
    for position, _ in reversed(unfit_at):
        entry = kept[position]
        try:
            decoded = decode(entry.decoded.body)
            _check([decoded.report])
            kept[position] = entry._replace(decoded=decoded)
        except Refused as error:
            refused.append((kept.pop(position), error))
        except Exception:
            log.exception("decode_failed")  # what fails is one report, not the group it came with
            refused.append((kept.pop(position), Refused(Reason.INTERNAL)))
    return Group(kept, batch_of(kept), refused)


def batch_of(entries: Sequence[Entry]) -> Batch:
    """The entries' reports, decoded whole.

    Raises:
        UnfitLists: a list of numbers is not what the contract says.
    """
    return Batch.of([entry.received_at_ms for entry in entries], [entry.decoded.report for entry in entries])


def _arrived(entries: Sequence[Entry]) -> Batch:
    """The same, and no memory in absolute values."""
    batch = batch_of(entries)
    if has_absolute_memory(batch):
        raise UnfitLists("the lists of a memory signal are absolute")
    return batch


def _check(reports: Sequence[object]) -> None:
    if has_absolute_memory(Batch.of([0] * len(reports), reports)):
        raise UnfitLists("the lists of a memory signal are absolute")


def outcomes(entries: Sequence[Entry], fresh: Sequence[bool]) -> Counter[Count]:
    """What a commit adds to the books: ``fresh`` says of each entry whether its batch id is new."""
    made: Counter[Count] = Counter()
    for entry, new in zip(entries, fresh, strict=True):
        made[REPORTS_ACCEPTED if new else REPORTS_DUPLICATE] += 1
        made[ITEMS_ACCEPTED if new else ITEMS_DUPLICATE] += entry.decoded.items
        made[UNKNOWN_FIELDS] += entry.decoded.unknown_fields
        for reason, n in entry.decoded.rejected.items():
            made[Count("items", "rejected", reason)] += n
    return +made
