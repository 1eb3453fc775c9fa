"""The Store: the one way to the data, whatever engine the DSN names."""

import threading
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self, cast

import pyarrow as pa
from clickhouse_connect.driver.client import Client

from collector.store import ownership
from collector.store.binding import bind
from collector.store.client import connect
from collector.store.columns import SCHEMAS
from collector.store.dsn import Dsn
from collector.store.engine_threads import EngineThreads
from collector.store.errors import ENGINE_ERRORS, StoreError, translate
from collector.store.gate import WriteGate
from collector.store.named_queries import load_query
from collector.store.pool import ClientPool
from collector.store.revisions import REVISION_TABLE, require_current

POOL_SIZE = 4
BESIDE_REPORTS: dict[str, Any] = {"max_threads": 1}
"""An embedded engine would take every core, and pages wait for their acknowledgement meanwhile."""


def open_store(
    dsn: str | Dsn, *, url: str | None = None, check_schema: bool = True, beside_reports: bool = True
) -> "Store":
    """Opens the store that a DSN names.

    Args:
        dsn: which store.
        url: told to whoever finds an embedded store in use.
        check_schema: whether the tables must be at this version's revision.
        beside_reports: whether pages wait for this process; if not, a job's query may take every core.

    Raises:
        InvalidDsn: the DSN names no store.
        StoreInUse: another process owns the embedded engine's folder.
        SchemaOutdated: the tables are missing or old; the message names the command to run.
        StoreUnavailable: no answer.
        StoreError: no permission, wrong user or password, a server older than 24.8, chDB not installed.
    """
    parsed = dsn if isinstance(dsn, Dsn) else Dsn.parse(dsn)
    store = Store(parsed, url=url, beside_reports=beside_reports)
    try:
        store.connect()
        if check_schema:
            store.check_schema()
    except BaseException:
        store.close()
        raise
    return store


class Store:
    """Inserts and queries. Synchronous, thread-safe; closing it gives an embedded engine's folder up.

    Making one takes the folder's lock; connections are made by the calls that need them, so a server may be
    away when the store is made and come back later.
    """

    def __init__(self, dsn: Dsn, *, url: str | None = None, beside_reports: bool = True) -> None:
        self.dsn = dsn
        self._of_jobs = BESIDE_REPORTS if dsn.embedded and beside_reports else None
        self._closed = True  # owning nothing yet, there is nothing to give up
        self._gate = WriteGate()
        self._pool = ClientPool(self._connect, size=POOL_SIZE, when_empty=self._give_up)
        self._engine: Client | None = None
        self._engine_guard = threading.Lock()
        self._threads = EngineThreads()
        if dsn.path is not None:
            ownership.acquire(dsn.path, url=url)
        self._closed = False

    def connect(self) -> None:
        """Makes the first connection now: it tells whether the rest will work."""
        with self._pool.borrow():
            if self.dsn.embedded:
                self._threads.step_back()

    def insert(self, table: str, rows: pa.Table, *, token: str | None = None) -> int:
        """Stores rows durably. Returns how many.

        A repeated ``token`` stores nothing more: the engine remembers the last 10,000 blocks of a table. The
        rows under one token must be the same each time. When an insert fails, some of its partitions (weeks
        of ``received_at``) may be stored, each whole: the same rows under the same token complete it, each
        row once. Without a token the insert is never taken for a repetition, and a failed one is not safe to
        repeat.

        Args:
            table: one of ``SCHEMAS``.
            rows: exactly ``SCHEMAS[table]``: every column, in order.
            token: unique per block and table.

        Raises:
            StoreUnavailable: keep the rows and try again with the same token; ``StoreFull`` is one.
            StoreDenied, SchemaOutdated: an operator must act; keep the rows until then.
            StoreError: these rows will never be stored; the message says why.
        """
        _check_rows(table, rows)
        if rows.num_rows == 0:
            return 0
        whole = _one_chunk(table, rows)
        # ClickHouse takes a block without a token for a repetition when its bytes are equal to an earlier
        # one's.
        settings = {"insert_deduplication_token": token or f"once-{uuid.uuid4()}"}
        with self._gate.passing(), self._pool.borrow() as client:
            try:
                client.insert_arrow(table, whole, settings=settings)
            except ENGINE_ERRORS as error:
                raise translate(error, where=str(self.dsn)) from error
        if self.dsn.embedded:
            self._threads.step_back()  # it may have made more of them
        return cast(int, rows.num_rows)

    def query(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a named query, ``store/queries/<name>.sql``. Times come back aware, in UTC."""
        return self.query_sql(load_query(name), parameters)

    def query_sql(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows of a query with server-side ``{name:Type}`` parameters.

        Raises:
            StoreUnavailable: try again later.
            SchemaOutdated: a table is missing.
            StoreError: the query is wrong.
        """
        bound = bind(sql, parameters)
        with self._pool.borrow() as client:
            try:
                result = client.query(sql, parameters=bound)
                return list(result.named_results())
            except ENGINE_ERRORS as error:
                raise translate(error, where=str(self.dsn)) from error

    def query_table(self, name: str, **parameters: Any) -> pa.Table:
        """A named query's answer as columns, for jobs that read many rows and are in no hurry."""
        sql = load_query(name)
        bound = bind(sql, parameters)
        with self._pool.borrow() as client:
            try:
                return client.query_arrow(sql, parameters=bound, settings=self._of_jobs, use_strings=True)
            except ENGINE_ERRORS as error:
                raise translate(error, where=str(self.dsn)) from error

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Runs a statement that answers nothing (DDL, OPTIMIZE, ALTER). For rows, use ``insert``."""
        bound = bind(sql, parameters)
        with self._gate.passing(), self._pool.borrow() as client:
            try:
                client.command(sql, parameters=bound)
            except ENGINE_ERRORS as error:
                raise translate(error, where=str(self.dsn)) from error

    def standing_still(self) -> AbstractContextManager[None]:
        """While it is entered, no ``insert`` and no ``execute`` of this process is under way: they wait."""
        return self._gate.closed()

    def shards_of(self, table: str) -> str:
        """What ``ALTER TABLE`` and ``DELETE FROM`` name to reach the rows of a table.

        The table itself or, where it is a cluster's (layouts.py), the tables of its shards.
        """
        rows = self.query_sql(
            "SELECT engine_full FROM system.tables "
            "WHERE database = currentDatabase() AND name = {table:String} AND engine = 'Distributed'",
            {"table": table},
        )
        if not rows:
            return table
        cluster = rows[0]["engine_full"].removeprefix("Distributed(").partition(",")[0].strip("'")
        return f"{table}_local ON CLUSTER {cluster}"

    def check_schema(self) -> None:
        """Compares the tables' revision with the one that this version needs.

        Raises:
            StoreUnavailable: no answer.
            SchemaOutdated: the tables are missing or old; the message names the command to run.
        """
        require_current(self.schema_revision(), where=str(self.dsn))

    def schema_revision(self) -> str | None:
        """The migration the tables are at; None before the first."""
        tables = self.query_sql(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
            {"table": REVISION_TABLE},
        )
        if not tables:
            return None
        # Two rows are a migration that was cut off: the older one is certain (migrate.py).
        rows = self.query_sql(f"SELECT min(version_num) AS revision FROM {REVISION_TABLE}")
        return str(rows[0]["revision"]) or None

    @property
    def connections_dropped(self) -> int:
        """Connections that were closed because a call on them failed, since the store was made."""
        return self._pool.dropped

    def close(self) -> None:
        """Closes the connections. Idempotent.

        What is under way ends first: its connection, and an embedded engine's folder, are given up then.
        """
        if self._closed:
            return
        self._closed = True
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self) -> Client:
        if not self.dsn.embedded:
            return connect(self.dsn, database=self.dsn.database)
        with self._engine_guard:
            if self._engine is None:
                # The engine lives as long as a connection to it, and those that are lent may be dropped.
                self._engine = connect(self.dsn, database=None)
                # It starts empty, and nobody else could make its database.
                self._engine.command(f"CREATE DATABASE IF NOT EXISTS {self.dsn.database}")
        client = connect(self.dsn, database=None)
        client.database = self.dsn.database
        return client

    def _give_up(self) -> None:
        """The last connection is closed: another process may have an embedded engine's folder."""
        if self._engine is not None:
            self._engine.close()
        if self.dsn.path is not None:
            ownership.release(self.dsn.path)


def _check_rows(table: str, rows: pa.Table) -> None:
    schema = SCHEMAS.get(table)
    if schema is None:
        raise StoreError(f"no table {table!r}; there are: {', '.join(SCHEMAS)}")
    if rows.schema.names != schema.names:
        missing = sorted(set(schema.names) - set(rows.schema.names))
        unknown = sorted(set(rows.schema.names) - set(schema.names))
        raise StoreError(
            f"rows for {table} must have the columns of SCHEMAS[{table!r}] in order; "
            f"missing {missing}, unknown {unknown}"
        )
    for field, got in zip(schema, rows.schema, strict=True):
        if got.type != field.type:
            raise StoreError(f"{table}.{field.name} is {field.type}, not {got.type}")
        if not field.nullable and rows.column(field.name).null_count:
            raise StoreError(f"{table}.{field.name} may not be null")


def _one_chunk(table: str, rows: pa.Table) -> pa.Table:
    """The rows as one chunk.

    The engine makes a block of each chunk and numbers the blocks of an insert. A repetition would have to
    be cut into the same chunks, or the engine takes rows that it never saw for those that it has.
    """
    whole = rows.combine_chunks()
    if any(column.num_chunks > 1 for column in whole.columns):
        raise StoreError(f"more than 2 GiB of text in a column of rows for {table}: insert fewer at a time")
    return whole
