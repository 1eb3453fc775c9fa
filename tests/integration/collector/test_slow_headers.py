"""Clients that never come to the point: their connections end, and the others do not notice."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from collector.ingest.settings import LimitSettings
from tests.integration.collector.conftest import KEY, Running
from tests.unit.ingest.reports import a_report, encoded

HEAD = f"POST /v1/report?key={KEY} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
Connect = Callable[[], socket.socket]


@pytest.fixture
def running(start: Callable[..., Running]) -> Iterator[Running]:
    running = start(limits=LimitSettings(header_seconds=0.5, header_bytes=4096, body_seconds=20))
    yield running
    assert running.post(a_report()).status_code == 202
    running.assert_all_accounted_for()


@pytest.fixture
def connect(running: Running) -> Iterator[Connect]:
    opened: list[socket.socket] = []

    def begin() -> socket.socket:
        url = urlsplit(running.collector.url)
        opened.append(socket.create_connection((url.hostname, url.port), timeout=20))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


def is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


def answer(client: socket.socket) -> bytes:
    """A whole answer, and no byte more: it may come in pieces, its body after its headers."""
    said = b""
    while not said.endswith(b"\r\n\r\n"):
        said += _some(client, 1)
    length = re.search(rb"\r\ncontent-length: (\d+)\r\n", said, re.IGNORECASE)
    assert length is not None, said
    end = len(said) + int(length[1])
    while len(said) < end:
        said += _some(client, end - len(said))
    return said


def _some(client: socket.socket, at_most: int) -> bytes:
    received = client.recv(at_most)
    assert received, "the connection ended in mid-answer"
    return received


def test_a_client_that_says_nothing_is_let_go(connect: Connect) -> None:
    assert is_closed(connect())


def test_headers_a_byte_at_a_time_end_with_their_time(connect: Connect) -> None:
    client = connect()
    client.sendall(HEAD + b"X-Slow: ")
    with pytest.raises(OSError):
        for _ in range(400):
            time.sleep(0.05)
            client.sendall(b"a")


def test_headers_that_do_not_end_are_cut_off_by_size(connect: Connect) -> None:
    client = connect()
    client.sendall(HEAD + b"X-Long: " + b"a" * 5000)
    assert is_closed(client)


def test_trailers_that_do_not_end_are_cut_off_by_size(connect: Connect) -> None:
    client = connect()
    client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n")
    with pytest.raises(OSError):
        for _ in range(100_000):
            client.sendall(b"X-T: " + b"a" * 1000 + b"\r\n")


def test_a_second_request_has_the_same_time(connect: Connect) -> None:
    client = connect()
    body = encoded(a_report())
    client.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert answer(client).startswith(b"HTTP/1.1 202")
    client.sendall(HEAD)
    assert is_closed(client)


def test_a_body_in_chunks_of_one_byte_is_taken(connect: Connect) -> None:
    client = connect()
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in encoded(a_report()))
    client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert answer(client).startswith(b"HTTP/1.1 202")


def test_a_body_may_take_longer_than_headers(connect: Connect) -> None:
    client = connect()
    body = encoded(a_report())
    client.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body))
    time.sleep(1.2)
    client.sendall(body)
    assert answer(client).startswith(b"HTTP/1.1 202")
