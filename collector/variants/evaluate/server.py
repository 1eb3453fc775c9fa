"""The files of one evaluation, for the one Chromium that runs it."""

import secrets
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".wasm": "application/wasm",
}
PAGE = b"<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>Inferfleet evaluates</title>"


class Server:
    """Serves what it was given under a random path on 127.0.0.1, and nothing else.

    A request is looked up in a table of URLs, so that no path can leave a folder. The headers isolate the
    page, as threads of wasm need, and nothing is cached: each load is a cold one.
    """

    def __init__(self) -> None:
        self._served: dict[str, Path | bytes] = {}
        self._requested: list[str] = []
        self._token = secrets.token_urlsafe(16)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._http.server_port}/{self._token}/"
        self.add({"": PAGE})

    def add(self, files: Mapping[str, Path | bytes]) -> None:
        """Serves each file at ``base`` + its key. What was there before is replaced."""
        self._served.update({f"/{self._token}/{at}": what for at, what in files.items()})

    def requested(self) -> list[str]:
        """The paths that were asked for since the last call, without the token."""
        asked, self._requested = self._requested, []
        return asked

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, name="evaluate-server", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body are two writes: the second would wait 40 ms for an answer to the first.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                at = self.path.partition("?")[0]
                found = server._served.get(at)
                if found is None:
                    self.send_error(HTTPStatus.NOT_FOUND)
                    return
                server._requested.append(at.removeprefix(f"/{server._token}/"))
                body = found if isinstance(found, bytes) else found.read_bytes()
                self.send_response(HTTPStatus.OK)
                suffix = Path(at).suffix if at.rpartition("/")[2] else ".html"
                self.send_header("Content-Type", TYPES.get(suffix, "application/octet-stream"))
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Cross-Origin-Opener-Policy", "same-origin")
                self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """The progress bar has the terminal."""

        return Handler
