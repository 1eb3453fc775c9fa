"""Clients that mean ill: ``attack.py PORT SECONDS``; prints what they met as one JSON line.

Slow-loris (headers or a body, a byte a second), bodies that inflate a thousandfold, chunked bodies that never
say how long they are, and headers without end.
"""

import asyncio
import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from benchmarks.chaos.served import KEY
from benchmarks.chaos.sizes import SLOW_CLIENTS
from benchmarks.chaos.wire import Connection, request

BOMBS_PER_SECOND = 20
STREAMS_PER_SECOND = 10
_HEAD = f"POST /v1/report?key={KEY} HTTP/1.1\r\nHost: chaos\r\nContent-Type: application/json\r\n".encode()
BOMB = gzip.compress(bytes(60 << 20), 9)


class Attack:
    """All of them until ``seconds`` are over."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port = port
        self._end = time.monotonic() + seconds
        self.met: Counter[str] = Counter()

    async def run(self) -> None:
        await asyncio.gather(
            *(self._slow(n) for n in range(SLOW_CLIENTS)),
            self._every(1 / BOMBS_PER_SECOND, self._bomb),
            self._every(1 / STREAMS_PER_SECOND, self._stream),
            self._every(1 / STREAMS_PER_SECOND, self._headers),
        )

    async def _slow(self, number: int) -> None:
        """Headers that do not end, or a body that does not; again as soon as it is thrown out."""
        in_body = number % 2 == 0
        while time.monotonic() < self._end:
            connection = Connection(self._port)
            start = _HEAD + b"Content-Length: 4000\r\n\r\n{" if in_body else _HEAD + b"X-A: "
            alive = await connection.send(start)
            while alive and not connection.closed and time.monotonic() < self._end:
                await asyncio.sleep(1)
                alive = await connection.send(b" " if in_body else b"a")
            thrown_out = "thrown_out" if not alive or connection.closed else "held_on"
            self.met[f"slow_{'body' if in_body else 'headers'}_{thrown_out}"] += 1
            connection.close()
            await asyncio.sleep(0.1)

    async def _bomb(self) -> None:
        status, _ = await Connection(self._port).exchange(
            request(BOMB, headers=[("Content-Type", "application/json"), ("Content-Encoding", "gzip")])
        )
        self.met[f"bomb_{status}"] += 1

    async def _stream(self) -> None:
        connection = Connection(self._port)
        alive = await connection.send(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        while alive and not connection.closed and time.monotonic() < self._end and sent < 64 << 20:
            alive = await connection.send(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
            sent += 0x4000
        status = await connection.status(10)  # lost in the reset where it is 0
        self.met[f"endless_{status or 'cut_off'}"] += 1

    async def _headers(self) -> None:
        """Headers without end, as fast as they are taken."""
        connection = Connection(self._port)
        alive = await connection.send(_HEAD + b"X-Long: ")
        sent = 0
        while alive and not connection.closed and time.monotonic() < self._end and sent < 64 << 20:
            alive = await connection.send(b"a" * 0x4000)
            sent += 0x4000
        self.met["long_headers_" + ("taken" if sent >= 64 << 20 else "cut_off")] += 1
        connection.close()

    async def _every(self, pause: float, one: Callable[[], Awaitable[None]]) -> None:
        running: set[asyncio.Task[None]] = set()
        while time.monotonic() < self._end:
            task = asyncio.ensure_future(one())
            running.add(task)
            task.add_done_callback(running.discard)
            await asyncio.sleep(pause)
        await asyncio.gather(*running)


def main() -> None:
    attack = Attack(int(sys.argv[1]), float(sys.argv[2]))
    asyncio.run(attack.run())
    print(json.dumps(attack.met))


if __name__ == "__main__":
    main()
