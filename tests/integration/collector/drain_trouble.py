"""A drain whose store has trouble when a test wants it."""

import asyncio
from typing import Any

import pyarrow as pa

from collector.ingest.decode import decode
from collector.ingest.drain import Drain
from collector.ingest.settings import SpoolSettings
from collector.ingest.spool import Spool
from collector.store import Dsn, Store
from tests.unit.ingest.reports import a_load, a_report, a_window, encoded, now_ms

SETTINGS = SpoolSettings(linger_seconds=0.02, block_reports=10)


class Trouble:
    """The real store, with trouble before or after chosen inserts."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.before: list[Exception] = []
        self.after: list[Exception] = []

    @property
    def dsn(self) -> Dsn:
        return self.store.dsn

    def query_sql(self, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        return self.store.query_sql(sql, parameters)

    def insert(self, table: str, rows: pa.Table, *, token: str | None = None) -> int:
        if self.before:
            raise self.before.pop(0)
        inserted = self.store.insert(table, rows, token=token)
        if self.after:
            raise self.after.pop(0)
        return inserted


def fill(spool: Spool, reports: int) -> None:
    async def put_all() -> None:
        await asyncio.gather(
            *(
                spool.put(
                    decode(encoded(a_report(windows=[a_window(), a_window()], loads=[a_load()]))), now_ms()
                )
                for _ in range(reports)
            )
        )

    asyncio.run(put_all())


def drained(spool: Spool, store: Any) -> Drain:
    drain = Drain(spool, store, SETTINGS)
    drain.start()
    assert drain.catch_up(30)
    drain.stop()
    return drain


def count(store: Trouble, table: str) -> tuple[int, int]:
    row = store.store.query_sql(f"SELECT count() AS rows, uniqExact(batch_id) AS batches FROM {table}")[0]
    return row["rows"], row["batches"]
