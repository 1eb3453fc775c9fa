"""A block's groups, decoded: as they were handed over, else from the records that the spool holds."""

from typing import Any, NamedTuple, Self

import msgspec
import pyarrow as pa

from collector.ingest.batch import Batch
from collector.ingest.number_lists import UnfitLists, unfit
from collector.ingest.spool import Spool
from collector.ingest.structs import LENIENT

UNFIT = (ValueError, TypeError, KeyError, AttributeError, OverflowError, pa.ArrowException)
"""What a record that is not a validated report makes its readers raise."""


class Poison(NamedTuple):
    """A record that cannot become rows. It is kept for a person, and never blocks the others."""

    received_at_ms: int
    reason: str
    record: bytes

    @classmethod
    def of(cls, received_at_ms: int, report: Any, error: Exception) -> Self:
        """A report that was read and does not fit."""
        return cls(received_at_ms, f"unfit_{type(error).__name__}", msgspec.json.encode(report))


def read_block(spool: Spool, groups: list[int]) -> tuple[list[Batch], list[Poison]]:
    """The reports of these groups in their order, and what is unreadable."""
    batches = spool.handover.take(groups)
    poison: list[Poison] = []
    missing = [number for number in groups if number not in batches]
    if missing:
        connection = spool.reader()
        try:
            rows = connection.execute(
                "SELECT id, records FROM groups WHERE id BETWEEN ? AND ? ORDER BY id",
                (missing[0], missing[-1]),
            ).fetchall()
        finally:
            connection.close()
        for number, records in rows:
            if number not in batches:
                batch, unreadable = read_records(records)
                poison += unreadable
                if batch is not None:
                    batches[number] = batch
    return [batches.pop(number) for number in groups if number in batches], poison


def read_records(records: bytes) -> tuple[Batch | None, list[Poison]]:
    """A group as the spool holds it: ``\\x1e[received_at_ms,body]`` for each report."""
    read: list[tuple[int, Any]] = []
    poison: list[Poison] = []
    for record in records.split(b"\x1e")[1:]:
        received_at_ms = 0
        try:
            received_at_ms, body = _parts(record)
            read.append((received_at_ms, LENIENT.decode(body)))
        except msgspec.ValidationError as error:
            poison.append(Poison(received_at_ms, f"unfit_{type(error).__name__}", record))
        except (ValueError, RecursionError):
            poison.append(Poison(received_at_ms, "unreadable_json", record))
    try:
        return (Batch.of_pairs(read) if read else None), poison
    except UnfitLists:
        bad = dict(unfit(read, Batch.of_pairs))
        poison += [Poison.of(*read[position], error) for position, error in bad.items()]
        good = [pair for position, pair in enumerate(read) if position not in bad]
        return (Batch.of_pairs(good) if good else None), poison


def _parts(record: bytes) -> tuple[int, bytes]:
    head, _, rest = record.partition(b",")
    if not (head.startswith(b"[") and rest.endswith(b"]")):
        raise ValueError("no record")
    return int(head[1:]), rest[:-1]
