"""HTTP/1.1 as bytes, so that what no client library would send can be sent."""

import asyncio
from collections.abc import Iterable

from benchmarks.chaos.served import KEY


def request(
    body: bytes,
    *,
    method: str = "POST",
    target: str = f"/v1/report?key={KEY}",
    headers: Iterable[tuple[str, str]] = (("Content-Type", "application/json"),),
) -> bytes:
    """One request with its length."""
    lines = [f"{method} {target} HTTP/1.1", "Host: chaos", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode("latin-1") + body


class Connection:
    """One connection that is opened again when it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def exchange(self, data: bytes, seconds: float = 60) -> tuple[int, bytes]:
        """Sends bytes and reads an answer. Status 0: the connection was closed without one."""
        try:
            async with asyncio.timeout(seconds):
                if self._writer is None or self._writer.is_closing():
                    self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
                self._writer.write(data)
                return await self._answer(head=data.startswith(b"HEAD "))
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            self.close()
            return 0, b""

    async def _answer(self, *, head: bool) -> tuple[int, bytes]:
        assert self._reader is not None
        start = await self._reader.readuntil(b"\r\n\r\n")
        while start[9:12] == b"100":
            start = await self._reader.readuntil(b"\r\n\r\n")
        lower = start.lower()
        body = b""
        if b"content-length:" in lower and not head:
            length = int(lower.partition(b"content-length:")[2].partition(b"\r\n")[0])
            body = await self._reader.readexactly(length)
        elif b"transfer-encoding: chunked" in lower:
            while size := int((await self._reader.readline()).strip() or b"0", 16):
                body += (await self._reader.readexactly(size + 2))[:-2]
            await self._reader.readline()
        if b"connection: close" in lower:
            self.close()
        return int(start[9:12]), body

    async def send(self, data: bytes) -> bool:
        """Sends bytes and waits for nothing. False: the connection is gone."""
        try:
            if self._writer is None or self._writer.is_closing():
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._writer.write(data)
            await self._writer.drain()
        except OSError:
            self.close()
            return False
        return True

    async def status(self, seconds: float) -> int:
        """The answer's status, 0 when the connection is closed or silent for so long."""
        if self._reader is None:
            return 0
        try:
            async with asyncio.timeout(seconds):
                status = (await self._answer(head=False))[0]
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            status = 0
        self.close()
        return status

    @property
    def closed(self) -> bool:
        """Whether the other side has hung up."""
        return self._reader is None or self._reader.at_eof()

    def close(self) -> None:
        """Hangs up."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
