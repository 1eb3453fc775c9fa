"""``/v1/admin/apps`` and ``/v1/admin/audit``: apps, their write keys, and who changed what.

Not jobs: a revocation must not wait for a recommender's run. Each change holds in this process when it is
answered, in others after ``access.refresh_seconds``.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from collector.api.admin.calls import Signed, answer_call, body, json_answer, query
from collector.api.admin.problems import EXPECTED, answer_for
from collector.api.admin.token import AdminToken
from collector.api.collector import Collector
from collector.apps.changes import Wanted
from collector.store import StoreError

M = TypeVar("M", bound=BaseModel)
log = structlog.get_logger(__name__)


class AddApp(Signed):
    """``POST /v1/admin/apps``. ``label`` is the first key's; null for no key."""

    app: str
    wanted: Wanted = Field(default_factory=Wanted)
    label: str | None = ""


class SetApp(Signed):
    """``PATCH /v1/admin/apps/{app}``."""

    wanted: Wanted


class AddKey(Signed):
    """``POST /v1/admin/apps/{app}/keys``."""

    label: str = ""


class AuditCall(BaseModel):
    """``GET /v1/admin/audit``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    app: str | None = None
    limit: Annotated[int, Field(ge=1)] = 50


def app_router(collector: Collector) -> APIRouter:
    """Routes over the collector's ``AppRegistry``. Each asks for the admin token."""
    router = APIRouter(prefix="/v1/admin")
    token = AdminToken(collector.admin_token)
    registry, directory = collector.registry, collector.apps

    async def show(request: Request, work: Callable[[], BaseModel]) -> Response:
        if (refusal := token.refuse(request)) is not None:
            return refusal
        try:
            return json_answer(await run_in_threadpool(work))
        except EXPECTED as error:
            return answer_for(error)

    async def change(
        request: Request, read: Callable[[Request], Awaitable[M]], work: Callable[[M], BaseModel]
    ) -> Response:
        return await answer_call(token, request, read, lambda call: _done(work(call)))

    def _done(answer: BaseModel) -> BaseModel:
        try:
            directory.refresh()
        except StoreError as error:  # the change is stored; the thread reads it when the store is back
            log.warning("apps_not_refreshed", error=str(error))
        return answer

    @router.get("/apps")
    async def list_apps(request: Request) -> Response:
        return await show(request, registry.list)

    @router.get("/apps/{app}")
    async def show_app(app: str, request: Request) -> Response:
        return await show(request, lambda: registry.show(app))

    @router.get("/audit")
    async def audit(request: Request) -> Response:
        def read() -> BaseModel:
            call = AuditCall.model_validate_strings(dict(request.query_params))
            return registry.audit(app=call.app, limit=call.limit)

        return await show(request, read)

    @router.post("/apps")
    async def add_app(request: Request) -> Response:
        return await change(
            request,
            body(AddApp),
            lambda call: registry.add(
                call.app, call.wanted, label=call.label, author=call.author, note=call.note
            ),
        )

    @router.patch("/apps/{app}")
    async def set_app(app: str, request: Request) -> Response:
        return await change(
            request,
            body(SetApp),
            lambda call: registry.set(app, call.wanted, author=call.author, note=call.note),
        )

    @router.delete("/apps/{app}")
    async def remove_app(app: str, request: Request) -> Response:
        return await change(
            request, query(Signed), lambda call: registry.remove(app, author=call.author, note=call.note)
        )

    @router.post("/apps/{app}/keys")
    async def add_key(app: str, request: Request) -> Response:
        return await change(
            request,
            body(AddKey),
            lambda call: registry.add_key(app, label=call.label, author=call.author, note=call.note),
        )

    @router.delete("/apps/{app}/keys/{key_id}")
    async def revoke_key(app: str, key_id: str, request: Request) -> Response:
        return await change(
            request,
            query(Signed),
            lambda call: registry.revoke_key(app, key_id, author=call.author, note=call.note),
        )

    return router
