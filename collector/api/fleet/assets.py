"""The built front end: read once at start, served from memory with strict headers."""

import hashlib
from pathlib import Path

from fastapi import Response

import dashboards
from collector.api.serving.problems import problem_response
from collector.contract.reasons import Problem, Reason

DIST = Path(dashboards.__file__).parent / "fleet_page" / "dist"
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_BUILD = (
    "The fleet page is not built. In a checkout run `make setup` (or `npm run build`); a wheel contains it."
)


class FleetAssets:
    """The files of ``dist``; only names that were there at start are ever served."""

    def __init__(self, dist: Path = DIST) -> None:
        names = [path for path in sorted(dist.glob("*")) if path.suffix in _TYPES] if dist.is_dir() else []
        self._files = {path.name: path.read_bytes() for path in names}

    def page(self) -> Response:
        """``index.html``, revalidated each time since it names the current files."""
        if "index.html" not in self._files:
            return problem_response(Problem.of(Reason.NOT_FOUND, _BUILD), SECURITY_HEADERS)
        return self._answer("index.html", cache="no-cache")

    def file(self, name: str) -> Response:
        """A script, style, font or image; its name holds a hash of its bytes, so it never changes."""
        if name not in self._files or name == "index.html":
            problem = Problem.of(Reason.NOT_FOUND, "The fleet page has no such file; reload the page.")
            return problem_response(problem, SECURITY_HEADERS)
        return self._answer(name, cache="private, max-age=31536000, immutable")

    def _answer(self, name: str, *, cache: str) -> Response:
        body = self._files[name]
        headers = {
            "Cache-Control": cache,
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:24]}"',
            **SECURITY_HEADERS,
        }
        return Response(body, media_type=_TYPES[Path(name).suffix], headers=headers)
