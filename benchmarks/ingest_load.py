"""The load: a process of its own that posts pre-built reports over keep-alive connections.

Closed loop, without a rate: every connection posts its next report when the answer to the last is there. Open
loop, with one: reports leave by the clock whatever the answers do, and a report's time runs from when it was
due, so that a server that stalls is not asked less.

Raw sockets and no HTTP library, so that it takes less CPU than anything it measures. Usage:
``ingest_load.py PORT PATH BODIES --connections N --seconds S --seed N [--rate R] [--type T]``; prints one
JSON line.
"""

import argparse
import asyncio
import json
import math
import time
from collections import deque
from pathlib import Path
from typing import cast

import uvloop

from benchmarks.ingest_bodies import ID_SLOT, read_bodies

TICK_SECONDS = 0.002


class _Connection(asyncio.Protocol):
    """One browser, so to say: one report at a time."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._since = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self._load.free(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return
        self._received = b""
        self._load.answered(head, time.perf_counter() - self._since)
        self._load.free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._load.over:
            raise RuntimeError("the server closed a connection under load")

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    def post(self, since: float) -> None:
        """Sends the next report, which is due since then."""
        assert self._transport is not None
        self._since = since
        self._transport.write(self._load.next_request())


def _length(head: bytes) -> int:
    lower = head.lower()
    start = lower.index(b"content-length:") + 15
    end = lower.find(b"\r\n", start)
    return int(lower[start : end if end > 0 else None])


class Load:
    """What all connections share: the requests, and what came of them."""

    def __init__(self, path: str, bodies: list[bytes], *, seed: int, rate: float | None, kind: str) -> None:
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: {kind}\r\nContent-Length: "
        self._requests = [(head.encode() + b"%d\r\n\r\n" % len(body)) + body for body in bodies]
        self._slots = [request.index(ID_SLOT) for request in self._requests]
        self._seed = seed
        self._rate = rate
        self._next = 0
        self._free: deque[_Connection] = deque()
        self._due: deque[float] = deque()
        self.over = False
        self.latencies: list[float] = []
        self.accepted = 0
        self.refused: dict[str, int] = {}
        self._open = 0
        self._done: asyncio.Future[None] | None = None

    def next_request(self) -> bytes:
        n = self._next
        self._next += 1
        at = n % len(self._requests)
        request, slot = self._requests[at], self._slots[at]
        return b"%b%06d%016d%b" % (request[:slot], self._seed, n, request[slot + 22 :])

    def answered(self, head: bytes, seconds: float) -> None:
        status = head[9:12]
        if status in (b"200", b"202"):
            self.accepted += 1
            self.latencies.append(seconds)
        else:
            self.refused[status.decode()] = self.refused.get(status.decode(), 0) + 1

    def free(self, connection: _Connection) -> None:
        """A connection has nothing under way: the next report, or the end."""
        if self._due:
            connection.post(self._due.popleft())
        elif self.over:
            connection.close()
            self._open -= 1
            if not self._open:
                assert self._done is not None
                self._done.set_result(None)
        elif self._rate is None:
            connection.post(time.perf_counter())
        else:
            self._free.append(connection)

    async def run(self, port: int, connections: int, seconds: float) -> dict[str, object]:
        loop = asyncio.get_running_loop()
        self._done = loop.create_future()
        self._open = connections
        started, cpu = time.time(), time.process_time()
        for _ in range(connections):
            await loop.create_connection(lambda: _Connection(self), "127.0.0.1", port)
        if self._rate is None:
            await asyncio.sleep(seconds)
        else:
            await self._by_the_clock(self._rate, seconds)
        self.over = True
        while self._free:
            self.free(self._free.popleft())
        await asyncio.wait_for(self._done, 120)
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

    async def _by_the_clock(self, rate: float, seconds: float) -> None:
        begin = time.perf_counter()
        sent, total = 0, int(rate * seconds)
        while sent < total:
            now = time.perf_counter()
            while sent < total and begin + sent / rate <= now:
                since = begin + sent / rate
                if self._free:
                    self._free.popleft().post(since)
                else:
                    self._due.append(since)
                sent += 1
            await asyncio.sleep(TICK_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("bodies", type=Path)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--type", default="application/json")
    call = parser.parse_args()
    load = Load(call.path, read_bodies(call.bodies), seed=call.seed, rate=call.rate, kind=call.type)
    print(json.dumps(uvloop.run(load.run(call.port, call.connections, call.seconds))))


if __name__ == "__main__":
    main()
