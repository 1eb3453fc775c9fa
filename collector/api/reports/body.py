"""Reads a request's body within bounds of size and time."""

import asyncio

from starlette.types import Message, Receive

from collector.contract.reasons import Reason
from collector.ingest.refusal import Refused

_DISCARDED_BYTES = 1 << 20


async def read_body(receive: Receive, *, limit: int, seconds: float, declared: int | None) -> bytes:
    """The whole body.

    Args:
        limit: bytes it may have.
        seconds: how long it may take to arrive.
        declared: its Content-Length, where the client told.

    Raises:
        Refused: body_too_large, body_timeout, or body_interrupted when the client left.
    """
    if declared is not None and not is_short(declared, limit=limit):
        raise _too_large(limit)
    try:
        async with asyncio.timeout(seconds):
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                body: bytes = message.get("body", b"")
                if len(body) > limit:
                    raise _too_large(limit)
                return body
            return await _read_rest(receive, message, limit)
    except TimeoutError as error:
        raise Refused(Reason.BODY_TIMEOUT, f"A body has {seconds:g} seconds to arrive.") from error


def is_short(declared: int, *, limit: int) -> bool:
    """Whether a body of ``declared`` bytes may arrive whole, be it only to be let go."""
    return declared <= limit + _DISCARDED_BYTES


async def _read_rest(receive: Receive, message: Message, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise Refused(Reason.BODY_INTERRUPTED)
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        elif size > limit + _DISCARDED_BYTES:
            raise _too_large(limit)
        # Past the limit the rest is read and let go, for as much as is polite: a client that is still sending
        # when the connection closes sees a reset in place of the answer.
        if not message.get("more_body", False):
            break
        message = await receive()
    if size > limit:
        raise _too_large(limit)
    return b"".join(chunks)


def _too_large(limit: int) -> Refused:
    return Refused(Reason.BODY_TOO_LARGE, f"At most {limit} bytes; split what you send.")
