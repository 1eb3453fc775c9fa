"""Refusals as HTTP answers: one shape (RFC 9457) for every error, 404, 405 and 500 included."""

import uuid

import structlog
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.contract.reasons import Problem, Reason

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_BY_STATUS = {404: Reason.NOT_FOUND, 405: Reason.METHOD_NOT_ALLOWED}


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """A refusal as a response."""
    return Response(
        problem.model_dump_json(),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def install(app: FastAPI) -> None:
    """Gives every error of the app the one shape."""
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_middleware(ErrorBoundary)


async def _on_http_exception(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException) or (reason := _BY_STATUS.get(error.status_code)) is None:
        raise error
    return problem_response(Problem.of(reason), dict(error.headers or {}))


class ErrorBoundary:
    """Turns an exception nobody expected into a 500 with a request id, and logs it under that id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the app; answers for it when it raises before it answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:  # the last one to know: logs it all, and answers
            request_id = uuid.uuid4().hex[:16]
            log.exception(
                "request_failed", request_id=request_id, method=scope["method"], route=_route_of(scope)
            )
            if started:
                raise
            problem = Problem.of(
                Reason.INTERNAL, f"The collector's log has request_id {request_id}. Send it again."
            )
            await problem_response(problem, {"X-Request-Id": request_id, "Access-Control-Allow-Origin": "*"})(
                scope, receive, send
            )


def _route_of(scope: Scope) -> str:
    # The route's pattern and never the path as sent: a path can hold anything.
    return str(getattr(scope.get("route"), "path", "unknown"))
