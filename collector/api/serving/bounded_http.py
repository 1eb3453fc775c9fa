"""uvicorn's HTTP protocol with an end: to a request's headers, and to what a request is beside its body.

uvicorn waits for headers as long as a client likes, and keeps as many as it sends. The body has bounds of its
own (``body.py``), which begin when the headers are complete.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from collector.ingest.settings import LimitSettings

FRAMING_BYTES = 1 << 20
"""Of chunk sizes and trailers, which nobody reads. The largest body in chunks of one byte stays below."""


class BoundedHttp(HttpToolsProtocol):
    """One connection. It is closed, without an answer, when a bound is passed: nothing was a report yet."""

    header_seconds: float
    header_bytes: int

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_headers = True
        self._beside_body = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Waits for the first headers."""
        super().connection_made(transport)
        self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits for nothing more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Counts what is no body, and looks whether the headers are complete."""
        self._beside_body += len(data)
        super().data_received(data)
        if self._beside_body > (self.header_bytes if self._in_headers else FRAMING_BYTES):
            self._throw_out()
        elif not self._in_headers:
            self._stop_waiting()
        elif self._deadline is None:
            self._wait_for_headers()

    def on_message_begin(self) -> None:
        """Another request of the connection."""
        self._in_headers = True
        self._beside_body = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """From here the application has the request."""
        self._in_headers = False
        self._beside_body = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._beside_body -= len(body)
        super().on_body(body)

    def _wait_for_headers(self) -> None:
        self._deadline = self.loop.call_later(self.header_seconds, self._throw_out)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _throw_out(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.close()


def bounded_http(limits: LimitSettings) -> type[BoundedHttp]:
    """The protocol with these limits, as uvicorn makes it: a class."""
    return type(
        "BoundedHttp",
        (BoundedHttp,),
        {"header_seconds": limits.header_seconds, "header_bytes": limits.header_bytes},
    )
