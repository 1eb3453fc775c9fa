import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from collector.api.app import create_app
from collector.api.collector import Collector
from collector.api.serving import server as serving
from collector.api.serving.bounded_http import bounded_http
from collector.apps import AppSettings
from collector.ingest.accounting import settled
from collector.ingest.settings import LimitSettings, SpoolSettings
from collector.ingest.spool import Spool
from collector.settings import ApiSettings, Settings
from collector.store import Store, open_store
from collector.store.migrate import upgrade
from tests.integration.collector.drain_trouble import SETTINGS, Trouble

KEY = "demo-key"
WRAPPED = [
    "capacitor://localhost",
    "ionic://localhost",
    "tauri://localhost",
    "app://x",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://0f1e2d3c-0000-4000-8000-0123456789ab",
    "file://",
    "null",
    "http://localhost:5173",
]
"""What pages inside apps, extensions and files send as their origin."""


def settings_for(data_dir: Path, **sections: Any) -> Settings:
    defaults: dict[str, Any] = {
        "data_dir": data_dir,
        "apps": {
            "demo": AppSettings(keys=[KEY, "next-key"], origins=["*"]),
            "golden": AppSettings(keys=["golden-key"]),
            "strict": AppSettings(keys=["strict-key"], origins=["https://shop.example"]),
            "wrapped": AppSettings(keys=["wrapped-key"], origins=WRAPPED),
        },
        "spool": SpoolSettings(linger_seconds=0.05),
        "limits": LimitSettings(body_seconds=1.0),
        "api": ApiSettings(host="127.0.0.1", port=0),
    }
    return Settings(**{**defaults, **sections})


class Running:
    """A collector that serves in a thread, with a client to talk to it."""

    def __init__(self, settings: Settings) -> None:
        bound = serving.bind("127.0.0.1", 0)
        self.collector = Collector.open(settings, url=serving.url_of(bound))
        config = uvicorn.Config(
            create_app(self.collector),
            log_config=None,
            access_log=False,
            http=bounded_http(settings.limits),
            ws="none",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve(sockets=[bound])))
        self._thread.start()
        self.client = httpx.Client(base_url=self.collector.url, timeout=20)

    def post(self, body: bytes | dict[str, Any], *, key: str = KEY, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            f"/v1/report?key={key}", content=content, headers={"content-type": "application/json", **named}
        )

    def rows(self, sql: str) -> list[dict[str, Any]]:
        assert self.collector.drain.catch_up(20)
        return self.collector.store.query_sql(sql)

    def assert_all_accounted_for(self) -> None:
        ledger = self.collector.spool.ledger
        assert settled(ledger.totals(), "reports") == ledger.reports_received

    def stop(self) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join(60)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One collector for a module's tests that leave it as they found it: making the tables takes seconds.

    A process has one embedded engine at a time, so tests with ``start`` live in modules of their own.
    """
    running = Running(settings_for(tmp_path_factory.mktemp("collector") / "data"))
    yield running
    running.stop()


@pytest.fixture
def running(shared: Running) -> Iterator[Running]:
    """The shared collector; after each test every report has its one outcome."""
    yield shared
    shared.assert_all_accounted_for()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a collector of the test's own."""
    started: list[Running] = []

    def begin(**sections: Any) -> Running:
        running = Running(settings_for(tmp_path / "data", **sections))
        started.append(running)
        return running

    yield begin
    for running in started:
        running.stop()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    dsn = f"chdb://{tmp_path_factory.mktemp('drain') / 'engine'}"
    upgrade(dsn)
    with open_store(dsn) as store:
        yield store


@pytest.fixture
def store(engine: Store) -> Trouble:
    for table in ("windows", "loads", "drops"):
        engine.execute(f"TRUNCATE TABLE {table}")
    return Trouble(engine)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.sqlite", SETTINGS)
    yield opened
    opened.close()
