"""A server dies in mid-insert, at every place where it can: no acknowledged row is lost or doubled."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from collector.ingest.batch import Batch
from collector.ingest.block import fix_block
from collector.ingest.columns import to_tables
from collector.ingest.decode import decode
from collector.ingest.drain import Drain
from collector.ingest.records import read_block
from collector.ingest.settings import SpoolSettings
from collector.ingest.spool import Spool
from collector.store import Dsn, Store, StoreUnavailable, open_store
from collector.store.migrate import upgrade
from collector.store.retention import EVENT_TABLES
from tests.integration.store.conftest import start_shim, stop
from tests.unit.ingest.reports import (
    Json,
    a_leak_trace,
    a_load,
    a_race,
    a_report,
    a_window,
    encoded,
    now_ms,
)

SETTINGS = SpoolSettings(linger_seconds=0.02)
REPORTS = 240
GROUP = 24
"""Reports of a commit of the spool: small, so that a block's tables are made in several steps."""
WEEK_MS = 7 * 24 * 3600 * 1000
PARTS = 2
"""Of a whole insert: the reports were received in two weeks."""


def _report(app: str, number: int) -> Json:
    model = {"model": "blazeface", "backend": "webgl", "at": now_ms() - 5}
    stage = {"stage": "f", "started_at": now_ms() - 5, "duration_ms": 1, "count": 1}
    return a_report(
        app=app,
        session=f"{number:022d}",
        windows=[a_window()],
        loads=[a_load()],
        incidents=[{**model, "kind": "hang"}],
        exposures=[{**model, "source": "default", "config_version": 0, "probability": 1.0}],
        stages=[{**stage, "span_ms": {"buckets": [5], "counts": [1]}}],
        races=[a_race(results=a_race()["results"][:1])],
        leak_traces=[a_leak_trace()],
        dropped={"expired": 1},
    )


def fill(spool: Spool, app: str) -> None:
    """Half of the reports a week ago, half now."""

    async def put_all() -> None:
        for received_at_ms in (now_ms() - WEEK_MS, now_ms()):
            reports = [decode(encoded(_report(app, number))) for number in range(REPORTS // PARTS)]
            for first in range(0, len(reports), GROUP):
                puts = [spool.put(report, received_at_ms) for report in reports[first : first + GROUP]]
                assert all(await asyncio.gather(*puts))

    asyncio.run(put_all())


class Server:
    """The shim on one folder and port, started again after each death."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = "0"
        with self.running() as url:
            self.dsn = f"{url}/fleet"
            self._port = url.rpartition(":")[2]
            upgrade(self.dsn)

    @contextmanager
    def running(self, *options: str) -> Iterator[str]:
        process, url = start_shim(self._folder, "--port", self._port, *options)
        try:
            yield url
        finally:
            stop(process)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    return Server(tmp_path_factory.mktemp("cut-off") / "engine")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.sqlite", SETTINGS)
    yield opened
    opened.close()


def drain_block(spool: Spool, store: Store) -> None:
    assert Drain(spool, store, SETTINGS)._drain_block()


def count(store: Store, table: str, app: str, what: str = "count()") -> int:
    rows = store.query_sql(f"SELECT {what} AS n FROM {table} WHERE app = {{app:String}}", {"app": app})
    return int(rows[0]["n"])


def assert_each_row_once(store: Store, app: str) -> None:
    for table in EVENT_TABLES:
        assert count(store, table, app) == REPORTS, table
        assert count(store, table, app, "uniqExact(session, toMonday(received_at))") == REPORTS, table


@pytest.fixture
def app() -> str:
    """Each test's own: they share the server's folder."""
    return f"app-{uuid.uuid4().hex[:12]}"


@pytest.mark.parametrize(
    ("table", "parts"), [("windows", 0), ("windows", 1), ("loads", 1), ("drops", 1), ("drops", 2)]
)
def test_a_server_that_dies_in_mid_insert_loses_and_doubles_nothing(
    server: Server, spool: Spool, app: str, table: str, parts: int
) -> None:
    fill(spool, app)
    with Store(Dsn.parse(server.dsn)) as store:
        with server.running("--cut-off", f"{table}:{parts}"), pytest.raises(StoreUnavailable):
            drain_block(spool, store)
        with server.running():
            assert count(store, table, app) == parts * REPORTS // PARTS, "it did not die where it was told to"
            drain_block(spool, store)
            assert spool.pending_reports == 0
            assert_each_row_once(store, app)


class Lagging(Store):
    """A replica that shows only some of what the server has."""

    def query_sql(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        return super().query_sql(sql, parameters)[::3]


def test_a_replay_on_a_replica_that_lags_doubles_nothing(server: Server, spool: Spool, app: str) -> None:
    fill(spool, app)
    with Lagging(Dsn.parse(server.dsn)) as lagging:
        with server.running("--cut-off", "loads:2"), pytest.raises(StoreUnavailable):
            drain_block(spool, lagging)
        with server.running():
            drain_block(spool, lagging)
            with open_store(server.dsn) as store:
                assert_each_row_once(store, app)


def test_a_table_of_a_block_is_stored_as_one_part_a_week(server: Server, spool: Spool, app: str) -> None:
    """However many reports it is of: parts cost the server merges, and each takes one of its tokens."""
    fill(spool, app)
    with server.running(), open_store(server.dsn) as store:
        drain_block(spool, store)
        assert {
            table: count(store, table, app, "uniqExact(_part)") for table in EVENT_TABLES
        } == dict.fromkeys(EVENT_TABLES, PARTS)
        assert_each_row_once(store, app)


@pytest.mark.parametrize("chunks", [1, 4, 10])
def test_a_block_that_an_older_version_left_half_stored_is_completed(
    server: Server, spool: Spool, app: str, chunks: int
) -> None:
    """It inserted a table in many chunks under a token without "-whole"; the server took some of them."""
    fill(spool, app)
    block = spool.run(partial(fix_block, spool_id=spool.spool_id, reports=SETTINGS.block_reports))
    assert block is not None
    token = block.token.removesuffix("-whole")
    spool.run(lambda connection: connection.execute("UPDATE block SET token = ?", (token,)))
    batches, _ = read_block(spool, block.groups)
    reports = Batch.joined(batches)
    pairs = list(zip(reports.received_at_ms, reports.reports, strict=True))
    cut = [to_tables(Batch.of_pairs(pairs[n : n + GROUP]))["loads"] for n in range(0, REPORTS, GROUP)][
        :chunks
    ]
    with server.running(), open_store(server.dsn) as store:
        if cut:
            with store._pool.borrow() as client:
                client.insert_arrow(
                    "loads", pa.concat_tables(cut), settings={"insert_deduplication_token": f"{token}:loads"}
                )
        assert count(store, "loads", app) == GROUP * chunks
        drain_block(spool, store)
        assert_each_row_once(store, app)
