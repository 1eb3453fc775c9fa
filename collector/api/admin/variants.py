"""``/v1/admin/apps/{app}/variants`` and ``…/models``: the variants of an app's models, and their budgets.

Not jobs: a bad variant must not wait for a recommender's run to be removed. Decisions go by a change from the
next ``recommend`` on, devices from the next ``publish`` on.
"""

from functools import partial

from fastapi import APIRouter, Request, Response
from pydantic import Field

from collector.api.admin.calls import Nothing, OfModel, Signed, answer_call, body, query
from collector.api.admin.token import AdminToken
from collector.api.collector import Collector
from collector.models import Registration

BODY_BYTES = 4 << 20
"""A folder of many variants, each with a list of its files."""


class RegisterVariants(Signed):
    """``POST /v1/admin/apps/{app}/variants``: all of them are registered, or none."""

    variants: list[Registration] = Field(min_length=1, max_length=64)


class SetBudget(Signed):
    """``PATCH /v1/admin/apps/{app}/models/{model}``. Null is back to the setting."""

    max_accuracy_loss: float | None


def variant_router(collector: Collector) -> APIRouter:
    """Routes over the collector's ``ModelRegistry``. Each asks for the admin token."""
    router = APIRouter(prefix="/v1/admin/apps/{app}")
    answer = partial(answer_call, AdminToken(collector.admin_token))
    models = collector.models

    @router.get("/variants")
    async def list_variants(app: str, request: Request) -> Response:
        return await answer(request, query(OfModel), lambda call: models.list(app, call.model))

    @router.post("/variants")
    async def register(app: str, request: Request) -> Response:
        return await answer(
            request,
            body(RegisterVariants, most=BODY_BYTES),
            lambda call: models.register(app, call.variants, author=call.author, note=call.note),
        )

    @router.get("/variants/{model}/{variant}")
    async def show(app: str, model: str, variant: str, request: Request) -> Response:
        return await answer(request, query(Nothing), lambda _: models.show(app, model, variant))

    @router.delete("/variants/{model}/{variant}")
    async def remove(app: str, model: str, variant: str, request: Request) -> Response:
        return await answer(
            request,
            query(Signed),
            lambda call: models.remove(app, model, variant, author=call.author, note=call.note),
        )

    @router.patch("/models/{model}")
    async def set_budget(app: str, model: str, request: Request) -> Response:
        return await answer(
            request,
            body(SetBudget),
            lambda call: models.set_budget(
                app, model, call.max_accuracy_loss, author=call.author, note=call.note
            ),
        )

    return router
