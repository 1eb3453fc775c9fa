"""How the admin routes read what they are asked, and answer."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict

from collector.api.reports.body import read_body
from collector.contract.authorship import ADMIN

BODY_BYTES = 65_536
BODY_SECONDS = 10.0
M = TypeVar("M", bound=BaseModel)


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
