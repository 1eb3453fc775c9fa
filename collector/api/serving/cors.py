"""Cross-origin rules of the public endpoints.

Pages of any origin may read the answers: they hold no secrets, and no cookie is ever used. Which origins may
*report* is each app's own setting, checked where the report is taken (``access``).
"""

from starlette.responses import Response

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


def preflight(methods: str) -> Response:
    """The answer to a browser's OPTIONS. A day is more than any browser keeps it."""
    return Response(
        status_code=204,
        headers={
            **HEADERS,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": "Content-Type, Content-Encoding, If-None-Match, X-Inferfleet-Key",
            "Access-Control-Max-Age": "86400",
            "Vary": "Access-Control-Request-Method, Access-Control-Request-Headers",
        },
    )
