"""``/demo``: a folder of static files, cross-origin isolated."""

from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

# Without these two a browser gives the page no SharedArrayBuffer, and wasm no threads.
_ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}


class DemoFiles(StaticFiles):
    """Static files with the headers of a cross-origin isolated page."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404."""
        response = await super().get_response(path, scope)
        response.headers.update(_ISOLATED)
        return response
