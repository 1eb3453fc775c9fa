"""The load of ``overload``: ``overload_load.py PORT SECONDS``; prints what it sent and was told."""

import asyncio
import gzip
import json
import random
import sys
import time
from collections import Counter

from benchmarks.chaos.reports import Reports, Sent
from benchmarks.chaos.served import KEY
from benchmarks.chaos.sizes import SEED
from benchmarks.chaos.wire import Connection, request

CONNECTIONS = 160
READY_MADE = 400


class Load:
    """Connections that post one report after the other, good and bad."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port = port
        self._end = time.monotonic() + seconds
        self._draw = random.Random(SEED)
        supply = Reports("over", SEED)
        self._reports = [next(supply) for _ in range(READY_MADE)]
        self._number = 0
        self.sent = 0
        self.hung_up = 0
        self.outcomes: Counter[str] = Counter()

    async def run(self) -> None:
        await asyncio.gather(*(self._post() for _ in range(CONNECTIONS)))

    async def _post(self) -> None:
        connection = Connection(self._port)
        while time.monotonic() < self._end:
            self.sent += 1
            kind = self._draw.random()
            if kind < 0.01:
                await self._hang_up()
                continue
            status, said = await connection.exchange(self._bytes(kind))
            self.outcomes[_outcome(status, said)] += 1
        connection.close()

    async def _hang_up(self) -> None:
        self.hung_up += 1
        connection = Connection(self._port)
        data = self._bytes(1.0)
        # Past the headers, or it is no report yet.
        await connection.send(data[: data.index(b"\r\n\r\n") + 8])
        await asyncio.sleep(0.05)
        connection.close()

    def _bytes(self, kind: float) -> bytes:
        report = self._draw.choice(self._reports)
        body, headers = self._fresh(report), list(report.headers.items())
        if kind < 0.02:
            return request(body[: len(body) // 2], headers=headers)
        if kind < 0.03:
            return request(body, target="/v1/report?key=wrong", headers=headers)
        if kind < 0.04:
            return request(body, headers=[("Content-Type", "application/xml")])
        if kind < 0.05:
            return request(b" " * 70_000, headers=headers)
        if kind < 0.06:
            return request(b"\x1f\x8bnonsense", headers=headers)
        if kind < 0.07:
            return request(body, target=f"/v1/report?key={KEY}", headers=[("Content-Encoding", "br")])
        if kind < 0.12:
            return request(report.body, headers=headers)  # the same batch again and again
        return request(body, headers=headers)

    def _fresh(self, report: Sent) -> bytes:
        """The report as a batch of its own."""
        self._number += 1
        old, new = report.batch_id.encode(), b"fresh%017d" % self._number
        if report.zipped:
            return gzip.compress(gzip.decompress(report.body).replace(old, new), 1)
        return report.body.replace(old, new)


def _outcome(status: int, said: bytes) -> str:
    answer = json.loads(said) if said else {}
    if status == 202:
        return "accepted" if answer["accepted"] or not answer["duplicate"] else "duplicate"
    return str(answer.get("code", f"status_{status}"))


def main() -> None:
    load = Load(int(sys.argv[1]), float(sys.argv[2]))
    asyncio.run(load.run())
    print(json.dumps({"sent": load.sent, "hung_up": load.hung_up, "outcomes": load.outcomes}))


if __name__ == "__main__":
    main()
