"""The HTTP framing: what ClickHouse's own handler does with a request, as far as the client asks for it."""

import base64
import email.parser
import email.policy
import gzip
import json
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import lz4.frame

from tests.clickhouse_shim.engine import Engine, EngineError, Result

# src/Server/HTTP/exceptionCodeToHTTPStatus.cpp, the codes that tests meet.
STATUS = {516: 403, 497: 403, 60: 404, 81: 404, 36: 400, 62: 400, 115: 400}


class ShimServer(ThreadingHTTPServer):
    """Serves an engine. ``port`` 0 picks a free one."""

    daemon_threads = True

    def __init__(self, engine: Engine, *, port: int, user: str, password: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.engine = engine
        self.credentials = (user, password)

    @property
    def url(self) -> str:
        """Where it listens, with the credentials it wants."""
        user, password = self.credentials
        return f"http://{user}:{password}@127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: ShimServer

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/ping":
            self._send(200, b"Ok.\n", {})
            return
        self.do_POST()

    def do_POST(self) -> None:
        body = self._body()
        url = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if not self._may_enter(url):
            text = (
                f"Code: 516. DB::Exception: {self._credentials(url)[0]}: Authentication failed: password is "
                "incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)"
            )
            self._fail(EngineError(text))
            return
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):
            url |= _form(kind, body)
            body = b""
        statement, data = (url["query"].encode() + b"\n", body) if "query" in url else (body, b"")
        try:
            result = self.server.engine.run(statement, data, url)
        except EngineError as error:
            self._fail(error)
            return
        self._answer(result, url)

    def _answer(self, result: Result, url: dict[str, str]) -> None:
        summary = {
            "read_rows": str(result.rows),
            "read_bytes": str(result.size),
            "written_rows": str(result.rows),
        }
        headers = {
            "X-ClickHouse-Summary": json.dumps(summary),
            "X-ClickHouse-Query-Id": url.get("query_id") or str(uuid.uuid4()),
            "X-ClickHouse-Timezone": "UTC",
        }
        if result.format is not None:
            headers["X-ClickHouse-Format"] = result.format
        body = result.body
        if url.get("enable_http_compression") == "1" and "lz4" in self.headers.get("Accept-Encoding", ""):
            body = lz4.frame.compress(body)
            headers["Content-Encoding"] = "lz4"
        self._send(200, body, headers)

    def _fail(self, error: EngineError) -> None:
        self._send(
            STATUS.get(error.code, 500), error.text.encode(), {"X-ClickHouse-Exception-Code": str(error.code)}
        )

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            raw = b"".join(chunks)
        else:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        match self.headers.get("Content-Encoding"):
            case "lz4":
                return lz4.frame.decompress(raw)
            case "gzip":
                return gzip.decompress(raw)
            case _:
                return raw

    def _credentials(self, url: dict[str, str]) -> tuple[str, str]:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            user, _, password = base64.b64decode(value).decode().partition(":")
            return user, password
        return (
            self.headers.get("X-ClickHouse-User", url.get("user", "default")),
            self.headers.get("X-ClickHouse-Key", url.get("password", "")),
        )

    def _may_enter(self, url: dict[str, str]) -> bool:
        return self._credentials(url) == self.server.credentials

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Silent: a test's output is the test's."""


def _form(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a multipart form: how the client sends parameters too long for a URL."""
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    )
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True).decode()
        for part in message.iter_parts()
    }
