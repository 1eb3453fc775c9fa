from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.store import Store, open_store
from collector.store.columns import SCHEMAS
from collector.store.migrate import upgrade


@pytest.fixture(scope="package")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One embedded engine for this folder: making the tables costs more than the tests, and a process has one
    engine at a time, so the next folder needs this one gone."""
    path: Path = tmp_path_factory.mktemp("recommend") / "engine"
    upgrade(f"chdb://{path}")
    with open_store(f"chdb://{path}") as opened:
        yield opened


@pytest.fixture
def store(engine: Store) -> Store:
    for table in SCHEMAS:
        engine.execute(f"TRUNCATE TABLE {table}")
    return engine
