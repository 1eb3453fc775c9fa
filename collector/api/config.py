"""``GET /v1/config/{app}``: what a device should run. A CDN can keep it.

The same for all of a class that lack the same.
"""

import re

from fastapi import APIRouter, Request, Response

from collector.api.collector import Collector
from collector.api.serving import cors
from collector.api.serving.problems import problem_response
from collector.contract.reasons import Problem, Reason
from collector.store import StoreUnavailable


def config_router(collector: Collector) -> APIRouter:
    """The config route. It answers from memory; in a worker thread, since at times it reads the store."""
    router = APIRouter(prefix="/v1/config")
    config = collector.config

    @router.api_route("/{app}", methods=["GET", "HEAD"])
    def read(app: str, request: Request) -> Response:
        if app not in collector.apps:
            # An app that could not be read yet may well be there.
            unread = not collector.apps.complete
            reason = Reason.STORE_UNAVAILABLE if unread else Reason.UNKNOWN_APP
            headers = {**cors.HEADERS, "Retry-After": "5"} if unread else cors.HEADERS
            return problem_response(Problem.of(reason), headers)
        try:
            served = config.envelope(app, request.query_params)
        except StoreUnavailable:
            # Its text names the store's address and user, and anybody may ask here.
            headers = {**cors.HEADERS, "Retry-After": "5"}
            return problem_response(Problem.of(Reason.STORE_UNAVAILABLE), headers)
        headers = {**cors.HEADERS, "ETag": served.etag, "Cache-Control": config.cache_control}
        if _has(request.headers.get("if-none-match", ""), served.etag):
            return Response(status_code=304, headers=headers)
        return Response(served.body, media_type="application/json", headers=headers)

    @router.options("/{app}")
    def ask(app: str, request: Request) -> Response:
        del app  # every app is asked about alike
        return cors.preflight("GET, HEAD, OPTIONS", request.headers)

    return router


def _has(if_none_match: str, etag: str) -> bool:
    """Whether the browser's copy is current.

    Proxies that compress change an ETag on the way: they make it weak, or add ``-gzip``, ``--gzip``, ``;br``
    inside or outside its quotes. The hash itself stays, and is long enough to be found nowhere else.
    """
    if if_none_match.strip() == "*":
        return True
    # What comes after a point is the ETag of another answer, made from this one for fewer devices.
    return re.search(re.escape(etag.strip('"')) + r"(?!\.)", if_none_match) is not None
