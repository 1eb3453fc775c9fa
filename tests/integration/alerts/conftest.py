from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.alerts.alertmanagers import Alertmanager
from tests.integration.alerts.ports import free_port
from tests.integration.alerts.programs import built, debians_alertmanager
from tests.integration.alerts.receiver import Receiver

CONFIG = """
route:
  receiver: test
  group_by: [alertname, app]
  group_wait: {group_wait}
  group_interval: 300ms
  repeat_interval: 1h
receivers:
  - name: test
    webhook_configs:
      - url: {url}/from-alertmanager
        send_resolved: true
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.fixture
def dead_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def group_wait() -> str:
    return "100ms"


@pytest.fixture
def config(receiver: Receiver, group_wait: str) -> str:
    return CONFIG.format(url=receiver.url, group_wait=group_wait)


@pytest.fixture(params=["debian", "current"])
def alertmanager(request: pytest.FixtureRequest, config: str, tmp_path: Path) -> Iterator[Alertmanager]:
    """The one of Debian 12, and a current one: what they take and how they answer differs."""
    binary = debians_alertmanager() if request.param == "debian" else built("alertmanager")
    server = Alertmanager(binary, config, tmp_path)
    server.start()
    try:
        yield server
    finally:
        server.stop()
