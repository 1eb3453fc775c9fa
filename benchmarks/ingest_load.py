"""The load: a process of its own that posts pre-built reports over keep-alive connections, as fast as it gets
answers.

Raw sockets and no HTTP library, so that it takes less CPU than anything it measures. Usage:
``ingest_load.py PORT PATH CONNECTIONS SECONDS SEED``; prints one JSON line.
"""

import asyncio
import json
import math
import sys
import time
from typing import cast

import uvloop

from benchmarks.ingest_bodies import ID_SLOT, make_bodies

DISTINCT_BODIES = 2000


class _Connection(asyncio.Protocol):
    """One browser, so to say: the next report leaves when the answer to the last is there."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._sent_at = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self._post()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return
        self._received = b""
        self._load.answered(head, time.perf_counter() - self._sent_at)
        if self._load.over:
            assert self._transport is not None
            self._transport.close()
            self._load.closed()
        else:
            self._post()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._load.over:
            raise RuntimeError("the server closed a connection under load")

    def _post(self) -> None:
        assert self._transport is not None
        self._sent_at = time.perf_counter()
        self._transport.write(self._load.next_request())


def _length(head: bytes) -> int:
    lower = head.lower()
    start = lower.index(b"content-length:") + 15
    end = lower.find(b"\r\n", start)
    return int(lower[start : end if end > 0 else None])


class Load:
    """What all connections share: the requests, and what came of them."""

    def __init__(self, path: str, *, seed: int) -> None:
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: "
        self._requests = [
            (head.encode() + b"%d\r\n\r\n" % len(body)) + body
            for body in make_bodies(DISTINCT_BODIES, app="bench", seed=seed)
        ]
        self._slots = [request.index(ID_SLOT) for request in self._requests]
        self._seed = seed
        self._next = 0
        self.over = False
        self.latencies: list[float] = []
        self.accepted = 0
        self.refused: dict[str, int] = {}
        self._open = 0
        self._done: asyncio.Future[None] | None = None

    def next_request(self) -> bytes:
        n = self._next
        self._next += 1
        request, slot = self._requests[n % DISTINCT_BODIES], self._slots[n % DISTINCT_BODIES]
        return b"%b%06d%016d%b" % (request[:slot], self._seed, n, request[slot + 22 :])

    def answered(self, head: bytes, seconds: float) -> None:
        status = head[9:12]
        if status == b"202":
            self.accepted += 1
            self.latencies.append(seconds)
        else:
            self.refused[status.decode()] = self.refused.get(status.decode(), 0) + 1

    def closed(self) -> None:
        self._open -= 1
        if not self._open:
            assert self._done is not None
            self._done.set_result(None)

    async def run(self, port: int, connections: int, seconds: float) -> dict[str, object]:
        loop = asyncio.get_running_loop()
        self._done = loop.create_future()
        self._open = connections
        started, cpu = time.time(), time.process_time()
        for _ in range(connections):
            await loop.create_connection(lambda: _Connection(self), "127.0.0.1", port)
        await asyncio.sleep(seconds)
        self.over = True
        await asyncio.wait_for(self._done, 60)
        ended = time.time()
        ordered = sorted(self.latencies) or [math.nan]  # nothing was accepted: `refused` says why
        return {
            "accepted": self.accepted,
            "refused": self.refused,
            "started": started,
            "ended": ended,
            "load_cpu": (time.process_time() - cpu) / (ended - started),
            "p50_ms": round(ordered[len(ordered) // 2] * 1000, 2),
            "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 2),
        }


def main() -> None:
    port, path, connections, seconds, seed = sys.argv[1:]
    load = Load(path, seed=int(seed))
    print(json.dumps(uvloop.run(load.run(int(port), int(connections), float(seconds)))))


if __name__ == "__main__":
    main()
