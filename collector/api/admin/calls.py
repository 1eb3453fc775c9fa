"""How the admin routes read what they are asked, and answer."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict

from collector.api.admin.problems import EXPECTED, answer_for
from collector.api.admin.token import AdminToken
from collector.api.reports.body import read_body
from collector.contract.authorship import ADMIN

BODY_BYTES = 65_536
BODY_SECONDS = 10.0
M = TypeVar("M", bound=BaseModel)


class Nothing(BaseModel):
    """A call that is said whole by its path."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OfModel(Nothing):
    """What to list: of one model, or of all."""

    model: str = ""


class Signed(BaseModel):
    """Who asks, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    author: str = ADMIN
    note: str = ""


def body(model: type[M], *, most: int = BODY_BYTES) -> Callable[[Request], Awaitable[M]]:
    """Reads a call from a request's body, of at most so many bytes."""

    async def read(request: Request) -> M:
        text = await read_body(request.receive, limit=most, seconds=BODY_SECONDS, declared=None)
        return model.model_validate_json(text)

    return read


def query(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """Reads a call from a request's query string."""

    async def read(request: Request) -> M:
        return model.model_validate_strings(dict(request.query_params))

    return read


def json_answer(answer: BaseModel) -> Response:
    """The answer as JSON, which nobody keeps."""
    return Response(
        answer.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"}
    )


async def answer_call(
    token: AdminToken,
    request: Request,
    read: Callable[[Request], Awaitable[M]],
    work: Callable[[M], BaseModel],
) -> Response:
    """What a call with the admin token is answered, its work done in a thread of its own."""
    if (refusal := token.refuse(request)) is not None:
        return refusal
    try:
        call = await read(request)
        return json_answer(await run_in_threadpool(lambda: work(call)))
    except EXPECTED as error:
        return answer_for(error)
