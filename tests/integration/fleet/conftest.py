from collections.abc import Iterator

import httpx
import pytest

from collector.store import Store
from tests.integration.fleet.site import seeded_store, serve


@pytest.fixture(scope="package")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with seeded_store(tmp_path_factory.mktemp("fleet") / "engine", sessions=300) as store:
        yield store


@pytest.fixture(scope="package")
def url(store: Store) -> Iterator[str]:
    with serve(store) as url:
        yield url


@pytest.fixture
def fleet(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=30) as client:
        yield client
