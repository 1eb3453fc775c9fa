"""Stores to test against: the embedded engine, the same over HTTP, and a real server if one is named."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.store import Store, open_store
from collector.store.dsn import Dsn
from collector.store.migrate import upgrade

ROOT = Path(__file__).resolve().parents[3]
SERVER = "INFERFLEET_TEST_CLICKHOUSE_URL"
ENGINES = ["embedded", "http", *(["server"] if os.environ.get(SERVER) else [])]


def start_shim(path: Path, *options: str) -> tuple["subprocess.Popen[str]", str]:
    """A shim process and its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.clickhouse_shim", "--path", str(path), *options],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("http://"), f"the shim did not start: {process.wait(10)}"
    return process, url


def stop(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait(10)
    if process.stdout is not None:
        process.stdout.close()


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process, url = start_shim(tmp_path_factory.mktemp("shim") / "engine")
    yield url
    stop(process)


@pytest.fixture(scope="module", params=ENGINES)
def dsn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DSN of a store without tables."""
    database = f"inferfleet_test_{uuid.uuid4().hex[:12]}"
    if request.param == "embedded":
        yield f"chdb://{tmp_path_factory.mktemp('embedded') / 'engine'}"
        return
    url = request.getfixturevalue("shim") if request.param == "http" else os.environ[SERVER]
    dsn = f"{url.rstrip('/')}/{database}"
    yield dsn
    drop_database(dsn)


def drop_database(dsn: str) -> None:
    parsed = Dsn.parse(dsn)
    with open_store(Dsn(**{**parsed.__dict__, "database": "default"}), check_schema=False) as store:
        store.execute(f"DROP DATABASE IF EXISTS {parsed.database}")


@pytest.fixture(scope="module")
def store(dsn: str) -> Iterator[Store]:
    """A migrated store, shared by the tests of a module: each test uses an app of its own."""
    upgrade(dsn)
    with open_store(dsn) as opened:
        yield opened


@pytest.fixture
def app() -> str:
    return f"app-{uuid.uuid4().hex[:12]}"
