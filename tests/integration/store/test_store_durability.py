"""What survives a process that ends, well or badly: acknowledged rows, and the memory of their tokens."""

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from collector.store import StoreInUse, open_store
from collector.store.migrate import upgrade
from tests.integration.store.conftest import ROOT
from tests.integration.store.rows import make_rows

INSERT_AND_WAIT = textwrap.dedent(
    """
    import sys, time
    from collector.store import open_store
    from tests.integration.store.rows import make_rows

    store = open_store(sys.argv[1], url="http://collector.example:8000")
    for table in ("windows", "incidents"):
        store.insert(table, make_rows(table, {"app": "demo"}, {"app": "demo"}), token=f"block-1-{table}")
    print("stored", flush=True)
    if sys.argv[2] == "close":
        store.close()
    else:
        time.sleep(600)
    """
)


SYNCS = "SELECT toInt64(sum(value)) AS files FROM system.events WHERE event = 'FileSync'"


def start(dsn: str, then: str) -> "subprocess.Popen[str]":
    """A process that owns the store and has had two inserts acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-c", INSERT_AND_WAIT, dsn, then], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    with process.stdout as output:
        assert output.readline() == "stored\n"
    return process


@pytest.fixture
def dsn(tmp_path: Path) -> str:
    dsn = f"chdb://{tmp_path / 'engine'}"
    upgrade(dsn)
    return dsn


@pytest.mark.parametrize("ending", ["close", "kill -9"])
def test_acknowledged_rows_and_their_tokens_outlive_the_process(dsn: str, ending: str) -> None:
    process = start(dsn, ending)
    if ending == "kill -9":
        os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    for _ in range(2):
        with open_store(dsn) as store:
            for table in ("windows", "incidents"):
                rows = make_rows(table, {"app": "demo"}, {"app": "demo"})
                assert store.query_sql(f"SELECT count() AS n FROM {table}") == [{"n": 2}]
                store.insert(table, rows, token=f"block-1-{table}")
                assert store.query_sql(f"SELECT count() AS n FROM {table}") == [{"n": 2}]
    with open_store(dsn) as store:
        store.insert("incidents", make_rows("incidents", {"app": "demo"}), token="block-2")
        assert store.query_sql("SELECT count() AS n FROM incidents") == [{"n": 3}]


def test_what_a_merge_makes_is_synced_before_the_parts_that_it_read_may_go(dsn: str) -> None:
    with open_store(dsn) as store:
        for n in range(3):
            store.insert("windows", make_rows("windows", {"app": "demo"}), token=f"block-{n}")
        [before] = store.query_sql(SYNCS)
        store.execute("OPTIMIZE TABLE windows FINAL")
        [after] = store.query_sql(SYNCS)
        parts = "SELECT count() AS n FROM system.parts WHERE active AND table = 'windows'"
        assert store.query_sql(parts) == [{"n": 1}]
    assert after["files"] > before["files"]


def test_a_second_process_is_refused_and_told_who_owns_the_store(dsn: str) -> None:
    process = start(dsn, "wait")
    try:
        with pytest.raises(
            StoreInUse, match=f"process {process.pid} at http://collector.example:8000"
        ) as refused:
            open_store(dsn)
        assert refused.value.pid == process.pid
        assert refused.value.url == "http://collector.example:8000"
        with pytest.raises(StoreInUse):
            upgrade(dsn)
    finally:
        process.kill()
        process.wait(30)
    with open_store(dsn) as store:  # the lock died with its owner
        assert store.query_sql("SELECT count() AS n FROM windows") == [{"n": 2}]


def test_stores_of_one_process_share_the_engine_and_the_last_one_gives_it_up(dsn: str) -> None:
    with open_store(dsn) as first, open_store(dsn) as second:
        first.insert("incidents", make_rows("incidents", {"app": "demo"}), token="one")
        assert second.query_sql("SELECT count() AS n FROM incidents") == [{"n": 1}]
        first.close()
        assert second.query_sql("SELECT count() AS n FROM incidents") == [{"n": 1}]
    process = start(dsn, "close")
    assert process.wait(30) == 0


def test_the_folder_is_given_up_when_the_last_query_ends_and_not_before(dsn: str) -> None:
    store = open_store(dsn)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(store.query_sql, "SELECT sum(sleepEachRow(0.5)) AS slept FROM numbers(6)")
        while not store.query_sql(
            "SELECT 1 AS n FROM system.processes WHERE query LIKE '%sum(sleepEachRow%'"
            " AND query NOT LIKE '%system.processes%'"
        ):
            assert not running.done()
        store.close()
        assert not running.done()
        refused = open_in_another_process(dsn)
        assert not running.done()
        assert "StoreInUse" in refused
        assert running.result() == [{"slept": 0}]
    assert open_in_another_process(dsn) == "opened"


def open_in_another_process(dsn: str) -> str:
    """What it says."""
    program = (
        "import sys\nfrom pathlib import Path\nfrom collector.store import ownership, StoreError\n"
        "try:\n    ownership.acquire(Path(sys.argv[1]))\n    print('opened')\n"
        "except StoreError as error:\n    print(type(error).__name__)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program, dsn.removeprefix("chdb://")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout.strip()
