"""The folder that a web server serves: page, libraries, and the published variants."""

import json
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from examples.slimming.commands import HERE, ROOT
from examples.slimming.errors import SlimmingError

TENSORFLOW = ROOT / "node_modules/@tensorflow"
LIBRARIES = (
    TENSORFLOW / "tfjs/dist/tf.min.js",
    TENSORFLOW / "tfjs-backend-wasm/dist/tf-backend-wasm.min.js",
    *(
        TENSORFLOW / f"tfjs-backend-wasm/dist/tfjs-backend-wasm{kind}.wasm"
        for kind in ("", "-simd", "-threaded-simd")
    ),
    ROOT / "client_sdk_js/dist/inferfleet.global.js",
)


def assemble(site: Path, settings: dict[str, Any]) -> None:
    """Writes page, libraries and settings.json beside ``models``.

    Raises:
        SlimmingError: a library is not built.
    """
    (site / "lib").mkdir(parents=True, exist_ok=True)
    for library in LIBRARIES:
        if not library.is_file():
            raise SlimmingError(f"{library.relative_to(ROOT)} is missing: make setup")
        shutil.copy2(library, site / "lib" / library.name)
    for file in (HERE / "page").iterdir():
        shutil.copy2(file, site / file.name)
    (site / "settings.json").write_text(json.dumps(settings))


class _Files(SimpleHTTPRequestHandler):
    """Files as they lie there. Published ones are named by content, so a browser may keep them for ever."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes, and the second would wait for the first

    def end_headers(self) -> None:
        kept = self.path.startswith("/models/")
        self.send_header("Cache-Control", "public, max-age=31536000, immutable" if kept else "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the standard library
        """Says nothing: what is served is no news."""


class SiteServer:
    """A plain static server in a thread; a context."""

    def __init__(self, site: Path, port: int) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Files, directory=str(site)))
        self.url = f"http://127.0.0.1:{port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
