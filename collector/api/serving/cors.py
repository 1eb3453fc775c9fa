"""Cross-origin rules of the public endpoints.

Pages of any origin may read the answers: they hold no secrets, and no cookie is ever used. Which origins may
*report* is each app's own setting, checked where the report is taken (``access``).
"""

import re
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

OURS = "Content-Type, Content-Encoding, If-None-Match, X-Inferfleet-Key"
MOST_ASKED = 2048
"""Characters of ``Access-Control-Request-Headers`` that are echoed."""
_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:[ \t]*,[ \t]*[A-Za-z0-9!#$%&'*+.^_`|~-]+)*")
_PUBLIC = ("/v1/report", "/v1/config")


def preflight(methods: str, asked: Mapping[str, str]) -> Response:
    """The answer to a browser's OPTIONS. A day is more than any browser keeps it.

    Every header that is asked for is allowed: some pages have a ``fetch`` that adds ``traceparent`` or
    ``authorization`` to all requests. The collector ignores them. ``*`` would not cover ``authorization``.

    Args:
        methods: what the endpoint takes.
        asked: the request's headers.
    """
    wanted = asked.get("access-control-request-headers", "").strip()
    echoed = len(wanted) <= MOST_ASKED and _NAMES.fullmatch(wanted)
    return Response(
        status_code=204,
        headers={
            **HEADERS,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": wanted if echoed else OURS,
            "Access-Control-Max-Age": "86400",
            "Vary": "Access-Control-Request-Method, Access-Control-Request-Headers",
        },
    )


class PublicAnswers:
    """Gives each answer of a public endpoint its cross-origin headers, a 404, 405 and 500 included.

    Without them a page's script cannot read why it was refused: the browser only says "CORS error".
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the app."""
        if scope["type"] != "http" or not scope["path"].startswith(_PUBLIC):
            await self._app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                missing = [header for header in RAW_HEADERS if header[0] not in given]
                message = {**message, "headers": [*message["headers"], *missing]}
            await send(message)

        await self._app(scope, receive, add)
