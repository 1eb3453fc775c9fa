"""An insert that the server does not live to finish: so many of its parts are stored, then the process ends.

A server makes a block of each chunk of an insert and a part of each of a block's partitions, and stores part
by part. Whoever asked gets no answer.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa


@dataclass(frozen=True)
class CutOff:
    """Of the next insert into ``table`` only the first ``parts`` parts are stored."""

    table: str
    parts: int

    @classmethod
    def parse(cls, text: str) -> "CutOff":
        """Reads ``TABLE:PARTS``."""
        table, _, parts = text.partition(":")
        return cls(table, int(parts))

    def concerns(self, target: str) -> bool:
        """Whether this is the insert, by what comes before its data: ``INSERT INTO table (columns)``."""
        return self.table in target.replace("`", " ").replace("(", " ").split()

    def shorten(self, handle: Any, path: Path) -> None:
        """Leaves in a file of Arrow the rows of the first parts, as the chunks that they were in."""
        with pa.memory_map(str(path)) as source:
            chunks = pa.ipc.open_file(source).read_all().to_batches()
        kept = list(self._first_parts(handle, chunks, path))
        with pa.ipc.new_file(str(path), chunks[0].schema) as file:
            for chunk in kept:
                file.write_batch(chunk)

    def end(self) -> None:
        """Dies as by ``kill -9``: nothing is closed, nobody is answered."""
        os._exit(9)

    def _first_parts(self, handle: Any, chunks: list[pa.RecordBatch], path: Path) -> Iterator[pa.RecordBatch]:
        left = self.parts
        partitions = self._partitions(handle, path)
        for chunk in chunks:
            of_chunk, partitions = partitions[: chunk.num_rows], partitions[chunk.num_rows :]
            first = list(dict.fromkeys(of_chunk))[:left]
            left -= len(first)
            if first:
                yield chunk.filter(pa.array([partition in first for partition in of_chunk]))

    def _partitions(self, handle: Any, path: Path) -> list[str]:
        """The partition of each row, by the table's own key."""
        key = handle.query(
            "SELECT partition_key FROM system.tables"
            f" WHERE database = currentDatabase() AND name = '{self.table}'",
            "TabSeparatedRaw",
        ).bytes()
        sql = f"SELECT {key.decode().strip() or 1} FROM file('{path}', 'Arrow') SETTINGS max_threads = 1"
        return handle.query(sql, "TabSeparated").bytes().decode().splitlines()  # type: ignore[no-any-return]
