"""Receives webhooks, as a team's own endpoint would, and keeps them."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from examples.demo.ports import HOST

MAX_BYTES = 1 << 20


class WebhookSink:
    """A context with a server on a free port; ``received(path)`` are the JSON bodies posted to a path."""

    def __init__(self) -> None:
        self._bodies: list[tuple[str, Any]] = []
        self._lock = threading.Lock()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                if length > MAX_BYTES:
                    self.send_error(413)
                    return
                body = json.loads(self.rfile.read(length))
                with sink._lock:
                    sink._bodies.append((self.path, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Says nothing: the demo's own output tells what arrived."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def url(self, path: str) -> str:
        """Where to post to."""
        return f"http://{HOST}:{self._server.server_port}{path}"

    def received(self, path: str) -> list[Any]:
        """Bodies, in order of arrival."""
        with self._lock:
            return [body for where, body in self._bodies if where == path]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
