"""``POST /v1/report``: the one hot route, plain ASGI.

A FastAPI route that does nothing but read the body takes 4.4 k such reports a second on one core; a bare
endpoint takes 15.4 k. Every request ends in exactly one counted outcome (``ingest.accounting``).
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from collector.api.reports.access import Access, Grant
from collector.api.reports.allowance import Allowance
from collector.api.reports.body import is_short, read_body
from collector.api.reports.crashes import MEDIA_TYPE as CRASH_MEDIA_TYPE
from collector.api.reports.crashes import decode_crashes, sender
from collector.api.serving.cors import RAW_HEADERS, preflight
from collector.contract.reasons import Problem, Reason
from collector.ingest.decode import Decoded, skim
from collector.ingest.inflate import GZIP_MAGIC, inflate, looks_like_json, without_mark
from collector.ingest.refusal import Refused
from collector.ingest.settings import LimitSettings
from collector.ingest.spool import Spool

_MEDIA_TYPES = (b"application/json", b"text/plain", CRASH_MEDIA_TYPE)
_CLOSING = frozenset({Reason.BODY_TOO_LARGE, Reason.BODY_TIMEOUT, Reason.BODY_INTERRUPTED, Reason.STOPPING})
"""After these, the connection may hold the rest of a body that nobody wants to read."""
_ANSWER_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *RAW_HEADERS]


Decode = Callable[[Scope, Receive, Grant, int], Awaitable[Decoded]]


class ReportEndpoint:
    """Takes reports: checks the key, reads, inflates, validates, spools, and only then says 202."""

    def __init__(
        self,
        spool: Spool,
        access: Access,
        limits: LimitSettings,
        *,
        config_etag: Callable[[Any], bytes | None] = lambda _: None,
    ) -> None:
        """``config_etag`` tells, without waiting, the ETag of the config for the device that reports."""
        self._spool = spool
        self._access = access
        self._limits = limits
        self._config_etag = config_etag
        self.allowance = Allowance(limits)
        self.under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        await self._take(scope, receive, send, self._decode)

    async def crashes(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request of a browser that tells of pages which crashed."""
        await self._take(scope, receive, send, self._decode_crashes)

    async def _decode(self, scope: Scope, receive: Receive, _grant: Grant, _received_at_ms: int) -> Decoded:
        return skim(await self._read(scope, receive))

    async def _decode_crashes(
        self, scope: Scope, receive: Receive, grant: Grant, received_at_ms: int
    ) -> Decoded:
        sent_by = sender(scope["query_string"], grant.apps)
        return decode_crashes(await self._read(scope, receive), sent_by, received_at_ms)

    async def _take(self, scope: Scope, receive: Receive, send: Send, decode: Decode) -> None:
        if scope["method"] == "OPTIONS":
            await preflight("POST, OPTIONS", Headers(scope=scope))(scope, receive, send)
            return
        if scope["method"] != "POST":
            await _send_problem(send, Problem.of(Reason.METHOD_NOT_ALLOWED), [(b"allow", b"POST, OPTIONS")])
            return
        ledger = self._spool.ledger
        ledger.arrive()
        # Now, not when the body is complete: a slow upload is no skewed clock.
        received_at_ms = time.time_ns() // 1_000_000
        self.under_way += 1
        decoded: Decoded | None = None
        try:
            # Before the body: who may not report costs neither its reading nor its decoding.
            key, origin = _credentials(scope)
            grant = self._access.identify(key, origin)
            if self.under_way > self._limits.concurrent_reports:
                raise Refused(  # noqa: TRY301
                    Reason.SPOOL_UNAVAILABLE, "Too many reports at one time.", retry_after=2
                )
            self.allowance.take(grant.key, scope)
            decoded = await decode(scope, receive, grant, received_at_ms)
            self._access.check(grant, decoded.report.app, origin)
            self._access.note_use(grant, decoded.report.app, received_at_ms)
            new = await self._spool.put(decoded, received_at_ms)
        except Refused as refused:
            items = refused.items or _all_items(decoded, refused.reason)
            ledger.refuse(refused.reason, items)
            await _send_refusal(send, refused, close=self._must_close(scope, refused.reason))
            return
        except asyncio.CancelledError:
            # Only a stopping server cancels. Past `skim` the spool's writer counts the outcome.
            if decoded is None:
                ledger.refuse(Reason.STOPPING)
            raise
        except Exception:
            ledger.refuse(Reason.INTERNAL, _all_items(decoded, Reason.INTERNAL))
            raise
        finally:
            self.under_way -= 1
        await _send(send, 202, _answer(decoded, self._config_etag(decoded.report), new=new), _ANSWER_HEADERS)

    def _must_close(self, scope: Scope, reason: Reason) -> bool:
        """Whether more of the body may follow than the server should read only to let it go.

        Else the connection stays: a client that still sends when it closes sees a reset, not the answer.
        """
        if reason in _CLOSING:
            return True
        headers = dict(scope["headers"])
        return b"transfer-encoding" in headers or not is_short(
            int(headers.get(b"content-length", b"0")), limit=self._limits.body_bytes
        )

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        encoding = declared = None
        media_type = b""
        for name, value in scope["headers"]:
            if name == b"content-type":
                media_type = value.partition(b";")[0].strip().lower()
            elif name == b"content-encoding":
                encoding = value.strip().lower()
            elif name == b"content-length":
                declared = int(value)  # the server has parsed it before
        limits = self._limits
        body = await read_body(
            receive, limit=limits.body_bytes, seconds=limits.body_seconds, declared=declared
        )
        # The bytes decide, not the headers. A page cannot name the encoding without a preflight, a proxy that
        # inflates a body may leave the name in place, and a page's own `fetch` may name one type for all.
        if body.startswith(GZIP_MAGIC):
            return without_mark(inflate(body, limit=limits.inflated_bytes))
        if looks_like_json(body):
            return without_mark(body)
        if media_type and media_type not in _MEDIA_TYPES:
            raise Refused(Reason.UNSUPPORTED_MEDIA_TYPE)
        if encoding not in (None, b"", b"identity", b"gzip"):
            raise Refused(Reason.UNSUPPORTED_ENCODING)
        return inflate(body, limit=limits.inflated_bytes) if encoding == b"gzip" else body


def _credentials(scope: Scope) -> tuple[bytes, bytes | None]:
    """The write key (``?key=``, or a header for clients that can set one) and the page's origin."""
    key = b""
    origin = None
    query: bytes = scope["query_string"]
    if query.startswith(b"key=") and b"&" not in query and b"%" not in query and b"+" not in query:
        key = query[4:]
    elif query:
        key = parse_qs(query.decode("latin-1")).get("key", [""])[0].encode()
    for name, value in scope["headers"]:
        if name == b"origin":
            origin = value
        elif name == b"x-inferfleet-key":
            key = value
    return key, origin


def _all_items(decoded: Decoded | None, reason: Reason) -> dict[str, int]:
    """All items of a report that was read and then refused as a whole."""
    if decoded is None:
        return {}
    items = dict(decoded.rejected)
    if decoded.items:
        items[reason.code] = items.get(reason.code, 0) + decoded.items
    return items


def _answer(decoded: Decoded, config_etag: bytes | None, *, new: bool) -> bytes:
    accepted, duplicate = (decoded.items, 0) if new else (0, decoded.items)
    rejected = json.dumps(decoded.rejected).encode() if decoded.rejected else b"{}"
    return b'{"accepted":%d,"duplicate":%d,"rejected":%b,"config_etag":%b}' % (
        accepted,
        duplicate,
        rejected,
        config_etag or b"null",
    )


async def _send_refusal(send: Send, refused: Refused, *, close: bool) -> None:
    headers = []
    if refused.retry_after is not None:
        headers.append((b"retry-after", b"%d" % refused.retry_after))
    if close:
        headers.append((b"connection", b"close"))
    await _send_problem(send, refused.problem, headers)


async def _send_problem(send: Send, problem: Problem, headers: list[tuple[bytes, bytes]]) -> None:
    await _send(
        send,
        problem.status,
        problem.model_dump_json().encode(),
        [
            (b"content-type", b"application/problem+json"),
            (b"cache-control", b"no-store"),
            *RAW_HEADERS,
            *headers,
        ],
    )


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", b"%d" % len(body))],
        }
    )
    await send({"type": "http.response.body", "body": body})
