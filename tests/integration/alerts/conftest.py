import socket
from collections.abc import Iterator

import pytest

from tests.integration.alerts.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def dead_url() -> str:
    return f"http://127.0.0.1:{free_port()}"
