"""The requests of ``fuzz``: ``fuzz_load.py PORT REQUESTS``; prints statuses and what was not understood."""

import asyncio
import json
import random
import sys
import time
from collections import Counter

from benchmarks.chaos.fuzz_reports import Tamper, by_schema
from benchmarks.chaos.served import KEY
from benchmarks.chaos.sizes import SEED
from benchmarks.chaos.wire import Connection, request

CONNECTIONS = 16
PER_REPORT = 25
"""Bodies that are made of one report that fits the schema."""

_METHODS = ["GET", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "POST", "FOO"]
_PATHS = [
    "/v1/report",
    "/v1/config/chaos",
    "/v1/config/%00",
    "/v1/config/chaos?os=%ff&browser=" + "x" * 300,
    "/v1/admin/apps",
    "/v1/admin/apps/chaos",
    "/v1/admin/jobs/leaks",
    "/v1/admin/audit?limit=-1",
    "/readyz",
    "/metrics",
    "/fleet",
    "/",
    "/..%2f..%2fetc/passwd",
    "/%e2%98%83",
    "//v1/report",
]
_QUERIES = [
    "",
    "?",
    "?key",
    "?key=",
    "?key=%ff%00",
    "?&&&=;",
    f"?key={KEY}&key={KEY}",
    "?key=" + "k" * 4000,
    "?k%65y=a+b",
]
_HEADERS = [
    ("Content-Type", "application/json; charset=\xff"),
    ("Content-Type", "text/html"),
    ("Content-Encoding", "gzip"),
    ("Content-Encoding", "GZIP, br"),
    ("Origin", "null"),
    ("Origin", "https://\xe9vil.example"),
    ("X-Inferfleet-Key", "\xff"),
    ("X-Forwarded-For", ",,::::,1.2.3.4.5"),
    ("Authorization", "Bearer \xe9"),
    ("Expect", "100-continue"),
    ("If-None-Match", 'W/"'),
    ("Accept-Encoding", "\x01"),
]


class Fuzz:
    """So many requests over a few connections. ``raised`` holds the requests that got a 5xx but 503."""

    def __init__(self, port: int, requests: int) -> None:
        self._port = port
        self._left = requests
        self._draw = random.Random(SEED)
        self._tamper = Tamper(SEED)
        self._reports = by_schema(max(1, requests // PER_REPORT), SEED)
        self.statuses: Counter[int] = Counter()
        self.codes: Counter[str] = Counter()
        self.raised: list[str] = []

    async def run(self) -> None:
        await asyncio.gather(*(self._send() for _ in range(CONNECTIONS)))

    async def _send(self) -> None:
        connection = Connection(self._port)
        while self._left > 0:
            self._left -= 1
            data, whole = self._next()
            status, said = await connection.exchange(data, 30)
            self.statuses[status] += 1
            if status >= 400:
                self.codes[_code(said)] += 1
            if status >= 500 and status != 503:
                self.raised.append(repr(data[:2000]))
            if not whole:  # what comes next on this connection may answer the rest of it
                connection.close()
        connection.close()

    def _next(self) -> tuple[bytes, bool]:
        """A request, and whether it is one."""
        draw = self._draw
        body = self._tamper.body(draw.choice(self._reports))
        kind = draw.random()
        if kind < 0.85:
            headers = [("Content-Type", "text/plain")]
            if kind < 0.05:
                headers = draw.sample(_HEADERS, 2)
            return request(body, headers=headers), True
        target = draw.choice(_PATHS) + draw.choice(_QUERIES)
        if kind < 0.98:
            method, headers = draw.choice(_METHODS), draw.sample(_HEADERS, draw.randint(0, 3))
            return request(body, method=method, target=target, headers=headers), True
        # Not HTTP, or hardly.
        data = bytearray(request(body, target=target))
        for _ in range(5):
            data[draw.randrange(min(len(data), 80))] = draw.randrange(256)
        return bytes(data) + b"\r\n\r\n", False


def _code(said: bytes) -> str:
    try:
        answer = json.loads(said)
    except ValueError:
        return "no_json"
    return str(answer.get("code", "no_code")) if isinstance(answer, dict) else "no_object"


def main() -> None:
    fuzz = Fuzz(int(sys.argv[1]), int(sys.argv[2]))
    started = time.monotonic()
    asyncio.run(fuzz.run())
    print(
        json.dumps(
            {
                "seconds": round(time.monotonic() - started, 1),
                "statuses": fuzz.statuses,
                "codes": fuzz.codes,
                "raised": fuzz.raised[:20],
                "raised_count": len(fuzz.raised),
            }
        )
    )


if __name__ == "__main__":
    main()
