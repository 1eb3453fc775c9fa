"""Lends a store to another process of ours.

An embedded engine belongs to one process, and a job that computes in that process holds its GIL while pages
wait for their acknowledgement. So a job gets a process of its own, and asks the owner for what it reads and
writes: named queries and inserts, as Arrow. No SQL travels.
"""

from multiprocessing.connection import Connection
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from collector.store.errors import StoreError


class Tables(Protocol):
    """What a job needs of a store, whether it has it or borrows it. See ``Store``."""

    def query(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a named query."""

    def query_table(self, name: str, **parameters: Any) -> pa.Table:
        """A named query's answer as columns."""

    def insert(self, table: str, rows: pa.Table, *, token: str | None = None) -> int:
        """Stores rows durably. Returns how many."""


class Asked(NamedTuple):
    """A call that the borrower wants made: of ``query_table``, or of ``insert`` when there are rows."""

    name: str
    parameters: dict[str, Any]
    rows: bytes | None = None


class BorrowedStore:
    """The borrower's side. One call at a time; raises what the lender's store raised."""

    def __init__(self, connection: "Connection[Asked, bytes | int | StoreError]") -> None:
        self._connection = connection

    def query(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a named query. Times come back aware, in UTC."""
        rows: list[dict[str, Any]] = self.query_table(name, **parameters).to_pylist()
        return rows

    def query_table(self, name: str, **parameters: Any) -> pa.Table:
        """A named query's answer as columns."""
        return _read(self._ask(Asked(name, parameters)))

    def insert(self, table: str, rows: pa.Table, *, token: str | None = None) -> int:
        """Stores rows durably. Returns how many."""
        return int(self._ask(Asked(table, {"token": token}, _write(rows))))

    def _ask(self, asked: Asked) -> Any:
        self._connection.send(asked)
        answer = self._connection.recv()
        if isinstance(answer, StoreError):
            raise answer
        return answer


def answer(store: Tables, asked: Asked) -> bytes | int | StoreError:
    """The lender's side: what the store says to one call."""
    try:
        if asked.rows is None:
            return _write(store.query_table(asked.name, **asked.parameters))
        return store.insert(asked.name, _read(asked.rows), **asked.parameters)
    except StoreError as error:
        return error


def _write(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _read(stream: bytes) -> pa.Table:
    return pa.ipc.open_stream(stream).read_all()
