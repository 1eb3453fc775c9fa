"""``/v1/admin/apps/{app}/canaries``: the recorded canaries of an app's models. Devices follow with the next
``publish``."""

from functools import partial

from fastapi import APIRouter, Request, Response

from collector.api.admin.calls import Nothing, OfModel, Signed, answer_call, body, query
from collector.api.admin.token import AdminToken
from collector.api.collector import Collector
from collector.models import CanaryRegistration

BODY_BYTES = 1 << 20
"""Room for as many variants and values as a canary may have."""


class RecordCanary(Signed):
    """``POST /v1/admin/apps/{app}/canaries``."""

    canary: CanaryRegistration


def canary_router(collector: Collector) -> APIRouter:
    """Routes over the collector's ``CanaryRegistry``. Each asks for the admin token."""
    router = APIRouter(prefix="/v1/admin/apps/{app}/canaries")
    answer = partial(answer_call, AdminToken(collector.admin_token))
    canaries = collector.canaries

    @router.get("")
    async def list_canaries(app: str, request: Request) -> Response:
        return await answer(request, query(OfModel), lambda call: canaries.list(app, call.model))

    @router.post("")
    async def register(app: str, request: Request) -> Response:
        return await answer(
            request,
            body(RecordCanary, most=BODY_BYTES),
            lambda call: canaries.register(app, call.canary, author=call.author, note=call.note),
        )

    @router.get("/{model}")
    async def show(app: str, model: str, request: Request) -> Response:
        return await answer(request, query(Nothing), lambda _: canaries.show(app, model))

    @router.delete("/{model}")
    async def remove(app: str, model: str, request: Request) -> Response:
        return await answer(
            request,
            query(Signed),
            lambda call: canaries.remove(app, model, author=call.author, note=call.note),
        )

    return router
