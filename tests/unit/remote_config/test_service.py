"""Who asks the store for the active version, and how often."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from collector.remote_config import ConfigService
from collector.remote_config.service import RETRY_SECONDS
from collector.remote_config.settings import ConfigSettings
from collector.store import StoreUnavailable


class Rows:
    """A store that has one version, or none to ask; each question waits for ``gate``."""

    def __init__(self) -> None:
        self.version = 1
        self.away = False
        self.asked = 0
        self.gate = threading.Event()
        self.gate.set()
        self.answering = threading.Event()

    def query(self, name: str, **_: object) -> list[dict[str, Any]]:
        assert name == "config_active"
        self.asked += 1
        version, away = self.version, self.away
        self.answering.set()
        assert self.gate.wait(10)
        if away:
            raise StoreUnavailable("nobody at clickhouse.internal")
        row = {"version": version, "created_at": datetime(2026, 11, 20, tzinfo=UTC), "enabled": True}
        return [row | {"sample_rate": 1.0, "plans": "{}", "canaries": "", "wasm_paths": "", "tuning": "{}"}]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(rows: Rows, clock: Clock) -> ConfigService:
    return ConfigService(rows, ConfigSettings(), monotonic=clock)  # type: ignore[arg-type]


def test_of_many_first_requests_one_asks_the_store(service: ConfigService, rows: Rows) -> None:
    rows.gate.clear()
    with ThreadPoolExecutor(8) as threads:
        versions = [threads.submit(service.active, "demo") for _ in range(8)]
        assert rows.answering.wait(10)
        rows.gate.set()
        assert {version.result(10).number for version in versions} == {1}
    assert rows.asked == 1


def test_one_apps_slow_read_holds_no_other_up(service: ConfigService, rows: Rows) -> None:
    service.active("other")
    rows.gate.clear()
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(service.active, "demo")
        assert rows.answering.wait(10)
        assert service.active("other").number == 1
        rows.gate.set()
        assert slow.result(10).number == 1


def test_a_store_that_is_away_is_not_asked_by_every_request(
    service: ConfigService, rows: Rows, clock: Clock
) -> None:
    rows.away = True
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            service.active("demo")
    assert rows.asked == 1
    clock.now += RETRY_SECONDS
    rows.away = False
    assert service.active("demo").number == 1


def test_the_last_known_version_is_served_without_the_store(
    service: ConfigService, rows: Rows, clock: Clock
) -> None:
    service.active("demo")
    rows.away = True
    clock.now += 60
    assert service.active("demo").number == 1


def test_a_read_that_began_before_a_publication_does_not_hide_it(service: ConfigService, rows: Rows) -> None:
    service.active("demo")
    service.refresh("demo")
    rows.gate.clear()
    rows.answering.clear()
    with ThreadPoolExecutor(1) as thread:
        old = thread.submit(service.active, "demo")
        assert rows.answering.wait(10)
        rows.version = 2
        service.refresh("demo")
        rows.gate.set()
        assert old.result(10).number == 1
    assert service.active("demo").number == 2


def test_whoever_asked_is_told_of_each_refresh(service: ConfigService) -> None:
    told: list[str | None] = []
    service.when_refreshed(told.append)
    service.refresh("demo")
    service.refresh()
    assert told == ["demo", None]
