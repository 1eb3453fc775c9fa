"""The fleet page at ``/`` and the JSON it is drawn from. Read only: no request here changes anything.

Panels and their SQL come from ``dashboards``; this module adds who may look (``_FleetGuard``), what may be
asked (``fleet_request``) and how much one answer may cost (``fleet_answer``).
"""

import hashlib
import hmac
import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from collector.api.fleet.answer import FleetAnswers, FleetStore
from collector.api.fleet.assets import SECURITY_HEADERS, FleetAssets
from collector.api.fleet.request import PARAMETERS, BadFleetQuery, parse_request
from collector.api.serving.problems import problem_response
from collector.contract.reasons import FieldError, Problem, Reason
from collector.store import StoreError, StoreUnavailable
from dashboards.boards import FLEET
from dashboards.panels import PANELS

Access = Literal["token", "loopback", "open"]
MAX_AGE_S = 5
_LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?", re.IGNORECASE)
_PROXY_HEADERS = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_CHALLENGE = 'Basic realm="Inferfleet: any user name, the admin token as password", charset="UTF-8"'
_ADVICE = "Give any user name, and the admin token as password."


def fleet_router(
    store: FleetStore,
    *,
    access: Access,
    admin_token: str | None,
    apps: Callable[[], Iterable[str]],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> APIRouter:
    """Routes ``/``, ``/fleet/...`` and ``/v1/fleet/...``.

    Args:
        store: where panels' queries run; called from worker threads.
        access: ``token`` asks for the admin token as the password of HTTP Basic; ``open`` asks for nothing;
            ``loopback`` asks for nothing when the browser was sent to a loopback name by nobody in between.
        admin_token: that token.
        apps: the names of the declared apps, which the page offers before they report.
        now: the clock, aware.

    Raises:
        ValueError: access ``token`` or ``loopback`` without a token, which would lock everybody out.
    """
    guard = _FleetGuard(access, admin_token)
    router = APIRouter(route_class=_FleetRoute, dependencies=[Depends(guard)], include_in_schema=False)
    answers = FleetAnswers(store, now=now)
    assets = FleetAssets()
    definitions = json.dumps(
        {
            "board": FLEET.model_dump(mode="json"),
            "panels": {panel.id: panel.model_dump(mode="json") for panel in PANELS.values()},
        },
        separators=(",", ":"),
    ).encode()

    @router.api_route("/", methods=["GET", "HEAD"])
    async def page() -> Response:
        return assets.page()

    @router.get("/fleet/{name}")
    async def asset(name: str) -> Response:
        return assets.file(name)

    @router.get("/v1/fleet/apps")
    async def list_apps(request: Request) -> Response:
        return _json(request, await answers.apps(apps()))

    @router.get("/v1/fleet/panels")
    async def list_panels(request: Request) -> Response:
        return _json(request, definitions)

    @router.get("/v1/fleet/panels/{panel_id}")
    async def answer_panel(request: Request, panel_id: str) -> Response:
        panel = PANELS.get(panel_id)
        if panel is None:
            known = ", ".join(PANELS)
            return _refuse(Problem.of(Reason.NOT_FOUND, f"There is no such panel. There are: {known}."))
        asked = {name: request.query_params.getlist(name) for name in PARAMETERS}
        return _json(request, await answers.panel(panel, parse_request(asked, now=now())))

    return router


def _refuse(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    return problem_response(problem, {**SECURITY_HEADERS, **(headers or {})})


class _FleetRoute(APIRoute):
    """Answers the refusals of this module by itself, so that the page works in any app it is mounted in."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except _NotAdmitted:
                return _refuse(
                    Problem.of(Reason.ADMIN_TOKEN_REQUIRED, _ADVICE), {"WWW-Authenticate": _CHALLENGE}
                )
            except BadFleetQuery as error:
                return _refuse(_bad_query(error))
            except StoreUnavailable:
                return _refuse(
                    Problem.of(
                        Reason.STORE_UNAVAILABLE,
                        "The store is busy or away, or the query took too long. Choose a shorter "
                        "range, or ask again.",
                    ),
                    {"Retry-After": "5"},
                )
            except StoreError as error:
                detail = "The store refused the query."
                if error.code in _TOO_MUCH:
                    detail = "The answer is over the limit. Choose a shorter range, one model or one release."
                return _refuse(Problem.of(Reason.STORE_UNAVAILABLE, detail))

        return handle


class _NotAdmitted(HTTPException):
    """No token, or not the right one."""

    def __init__(self) -> None:
        super().__init__(status_code=401)


class _FleetGuard:
    """Who may look. The password is compared in constant time."""

    def __init__(self, access: Access, admin_token: str | None) -> None:
        if access != "open" and not admin_token:
            raise ValueError(
                f"fleet access {access!r} needs an admin token; set one, or set api.fleet_access to 'open'"
            )
        self._access = access
        self._digest = hashlib.sha256((admin_token or "").encode()).digest()

    async def __call__(self, request: Request) -> None:
        if self._access == "open" or (self._access == "loopback" and _is_local(request)):
            return
        password = _basic_password(request.headers.get("authorization", ""))
        # Digests are of one length, so the comparison tells nothing of the token's.
        given = hashlib.sha256((password or "").encode()).digest()
        if not hmac.compare_digest(given, self._digest):
            raise _NotAdmitted


def _is_local(request: Request) -> bool:
    """Whether somebody at this machine asks: peer and Host are loopback, and no proxy says it passed this on.

    The Host matters because any page on the web can make its own name resolve to 127.0.0.1 (DNS rebinding)
    and read our answers as its own; a browser then sends that name.
    """
    named_local = _LOOPBACK_HOST.fullmatch(request.headers.get("host", "")) is not None
    proxied = any(name in request.headers for name in _PROXY_HEADERS)
    return named_local and not proxied and _is_loopback(request.client.host if request.client else "")


def _is_loopback(address: str) -> bool:
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(peer, "ipv4_mapped", None)
    return (mapped or peer).is_loopback


_TOO_MUCH = frozenset({396, 307, 158})  # TOO_MANY_ROWS_OR_BYTES, TOO_MANY_BYTES, TOO_MANY_ROWS


def _basic_password(header: str) -> str | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() == "bearer":
        return encoded.strip()
    if scheme.lower() != "basic" or len(encoded) > 1024:
        return None
    try:
        _, colon, password = b64decode(encoded, validate=True).decode().partition(":")
    except (Base64Error, UnicodeDecodeError):
        return None
    return password if colon else None


def _bad_query(error: BadFleetQuery) -> Problem:
    errors = [FieldError(path=error.name, message=error.advice)]
    return Problem.of(Reason.INVALID_QUERY, error.advice, errors)


def _json(request: Request, body: bytes) -> Response:
    """The body with an ETag of its bytes, or 304 when the browser has it."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": f"private, max-age={MAX_AGE_S}",
        "Vary": "Authorization",
        **SECURITY_HEADERS,
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
