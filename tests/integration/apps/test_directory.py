"""What a running collector knows of the apps: how soon it learns, and what it does without its store."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from collector.apps import AccessSettings, AppDirectory, AppRegistry, AppSettings, KeyUses
from collector.apps.changes import Wanted
from collector.apps.kept import KeptApps
from collector.apps.keys import digest
from collector.store import Store, StoreUnavailable
from collector.store.dsn import Dsn
from collector.store.migrate import upgrade
from tests.integration.store.conftest import start_shim, stop

FAST = AccessSettings(refresh_seconds=0.1)
DECLARED = {"declared": AppSettings.model_validate({"keys": ["declared-key"]})}


class Server:
    """A ClickHouse that can go away and come back at the same address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process, self.url = start_shim(folder / "engine")
        self.dsn = Dsn.parse(f"{self.url}/inferfleet")

    def leave(self) -> None:
        stop(self._process)

    def come_back(self) -> None:
        port = self.url.rpartition(":")[2].strip("/")
        self._process: subprocess.Popen[str]
        self._process, url = start_shim(self._folder / "engine", "--port", port)
        assert url == self.url


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    upgrade(server.dsn)
    yield server
    server.leave()


@pytest.fixture
def a_collector(server: Server, tmp_path: Path) -> Iterator[Callable[..., AppDirectory]]:
    """Collectors over one server, each with a store and a data folder of its own."""
    opened: list[tuple[AppDirectory, Store]] = []

    def begin(name: str) -> AppDirectory:
        store = Store(server.dsn)
        kept = KeptApps(tmp_path / f"{name}.json", store=str(server.dsn))
        directory = AppDirectory(store, DECLARED, FAST, kept=kept, uses=KeyUses())
        opened.append((directory, store))
        directory.open()
        directory.start()
        return directory

    yield begin
    for directory, store in opened:
        directory.stop()
        store.close()


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_every_collector_learns_of_a_key_and_of_its_revocation(
    server: Server, a_collector: Callable[..., AppDirectory]
) -> None:
    one, two = a_collector("one"), a_collector("two")
    changed: list[set[str]] = []
    two.when_changed(changed.append)
    with Store(server.dsn) as store:
        registry = AppRegistry(store, DECLARED, longest_days=90)
        made = registry.add("shop", Wanted(sample_rate=0.25))
        assert made.key is not None
        hashed = digest(made.key.key.encode())
        wait_for(lambda: all("shop" in known and hashed in known["shop"].keys for known in (one, two)))
        assert two["shop"].sample_rate == 0.25
        registry.revoke_key("shop", made.key.key_id)
        wait_for(lambda: all(hashed not in known["shop"].keys for known in (one, two)))
        registry.remove("shop")
        wait_for(lambda: all("shop" not in known for known in (one, two)))
    assert changed == [{"shop"}] * 3
    assert set(one) == {"declared"}


def test_without_its_store_a_collector_goes_by_what_it_knew_also_over_a_restart(
    server: Server, a_collector: Callable[..., AppDirectory]
) -> None:
    with Store(server.dsn) as store:
        made = AppRegistry(store, DECLARED, longest_days=90).add("shop", Wanted())
    assert made.key is not None
    hashed = digest(made.key.key.encode())
    running = a_collector("one")
    server.leave()
    with pytest.raises(StoreUnavailable):
        running.refresh()
    assert hashed in running["shop"].keys
    restarted = a_collector("one")
    assert restarted.complete
    assert restarted.read_at is None
    assert hashed in restarted["shop"].keys
    new = a_collector("new")
    assert not new.complete
    assert set(new) == {"declared"}
    server.come_back()
    with Store(server.dsn) as store:
        AppRegistry(store, DECLARED, longest_days=90).revoke_key("shop", made.key.key_id)
    wait_for(lambda: new.complete and "shop" in new)
    wait_for(lambda: all(hashed not in known["shop"].keys for known in (running, restarted, new)))
