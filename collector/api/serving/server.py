"""Runs the app under uvicorn: its own socket, its own rules for signals."""

import contextlib
import errno
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from collector.api.serving.bounded_http import bounded_http
from collector.ingest.settings import LimitSettings

if sys.platform != "win32":
    import resource

SWITCH_SECONDS = 0.001
"""The spool's writer waits for the GIL after each statement. The default of 5 ms, a few times a commit, would
make an acknowledgement wait longer for the GIL than for the disk."""

MOST_FILES = 65_536


EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""Before any release. What is received in 1970 is past its retention when it is stored."""


class ClockUnset(Exception):
    """The system's clock was not set since the machine began; the message says what to do."""


def require_clock(now: float) -> None:
    """``now``: what the system's clock says, in seconds since the epoch.

    Raises:
        ClockUnset: that cannot be.
    """
    if now < EARLIEST.timestamp():
        raise ClockUnset(
            f"the system's clock says {datetime.fromtimestamp(now, UTC):%Y-%m-%d}: set it (NTP) and start "
            "again: what is received then is deleted at once for its age"
        )


class PortUnusable(Exception):
    """The address cannot be listened on; the message says why and what to do."""


def bind(host: str, port: int) -> socket.socket:
    """A socket that is bound, before anything else is opened.

    Raises:
        PortUnusable: the port is taken or privileged, or the host is not an address of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortUnusable(f"{host!r} is no address to listen on: {error.strerror or error}") from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(2048)
    except OSError as error:
        bound.close()
        raise PortUnusable(_advice(host, port, error)) from error
    return bound


def _advice(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is taken by another process: stop it, or choose another port with "
            f"--port or INFERFLEET_API__PORT"
        )
    if error.errno == errno.EACCES:
        return f"this user may not listen on port {port}: choose one above 1023 with --port"
    return f"cannot listen on {host}:{port}: {error.strerror}"


def url_of(bound: socket.socket) -> str:
    """How to reach a bound socket from this machine."""
    host, port = bound.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compares, binds nothing
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: ASGIApp, bound: socket.socket, *, graceful_seconds: int, limits: LimitSettings) -> bool:
    """Serves until a signal comes; True when it ended as asked."""
    _allow_connections()
    sys.setswitchinterval(SWITCH_SECONDS)
    _calm_garbage_collection()
    config = uvicorn.Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=bounded_http(limits),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # it would hold IP addresses
        server_header=False,
        date_header=False,
        proxy_headers=False,  # nothing here wants to know the client's address
        timeout_keep_alive=30,
        timeout_graceful_shutdown=graceful_seconds,
    )
    server = _Server(config)
    server.run(sockets=[bound])
    return server.started


def _allow_connections() -> None:
    """As many open files as the system allows: the default of 1,024 is soon used up by slow clients."""
    if sys.platform != "win32":
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _calm_garbage_collection() -> None:
    """What was imported stays for good, so the collector of cycles need not look at it again and again.

    A report's JSON makes hundreds of lists, which reach the default threshold of 700 with every other report.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class _Server(uvicorn.Server):
    """The first signal stops gracefully, the second at once: what was acknowledged is on disk either way."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, without raising the signal once more at the end: a graceful stop exits with 0."""
        before = {
            number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Counts signals."""
        if self.should_exit:
            os._exit(128 + sig)
        self.should_exit = True
