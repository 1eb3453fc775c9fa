"""A peer on equal information: an OTLP/HTTP receiver that decodes metrics and stores their points in SQLite.

No OTLP server for metrics with a storage of its own is on PyPI, so this is the nearest: the official protobuf
classes, one row for each data point, group commit with ``synchronous=FULL``, answered after the commit. It
does less than the collector: no validation, no retries recognised, no columns. ``ingest_otlp.py PORT
FOLDER``.
"""

import asyncio
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

SCHEMA = """
CREATE TABLE resources (id INTEGER PRIMARY KEY, attributes BLOB);
CREATE TABLE points (
  resource INTEGER, metric TEXT, unit TEXT, attributes BLOB, started INTEGER, at INTEGER,
  count INTEGER, scale INTEGER, first INTEGER, buckets BLOB, value INTEGER
);
"""
Row = tuple[Any, ...]


class Store:
    """Commits what arrived while the commit before was under way."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(SCHEMA)
        self._wake = threading.Condition()
        self._waiting: list[tuple[bytes, list[Row], asyncio.Future[None]]] = []
        self._resources = 0
        threading.Thread(target=self._run, daemon=True).start()

    async def put(self, resource: bytes, points: list[Row]) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._wake:
            self._waiting.append((resource, points, done))
            self._wake.notify()
        await done

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting)
                group, self._waiting = self._waiting, []
            self._connection.execute("BEGIN")
            rows: list[Row] = []
            resources: list[Row] = []
            for resource, points, _ in group:
                self._resources += 1
                resources.append((self._resources, resource))
                rows += [(self._resources, *point) for point in points]
            self._connection.executemany("INSERT INTO resources VALUES (?, ?)", resources)
            self._connection.executemany(f"INSERT INTO points VALUES ({','.join('?' * 11)})", rows)
            self._connection.execute("COMMIT")
            loop = group[0][2].get_loop()
            loop.call_soon_threadsafe(_settle, [done for _, _, done in group])


def _settle(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)


def make_app(store: Store) -> Callable[..., Awaitable[None]]:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        request = ExportMetricsServiceRequest.FromString(body)
        for resource in request.resource_metrics:
            points = [
                point
                for scope_metrics in resource.scope_metrics
                for metric in scope_metrics.metrics
                for point in _points(metric)
            ]
            await store.put(resource.resource.SerializeToString(), points)
        headers = [(b"content-type", b"application/x-protobuf"), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return app


def _points(metric: Any) -> list[Row]:
    if metric.HasField("exponential_histogram"):
        return [
            (
                metric.name,
                metric.unit,
                _packed(point.attributes),
                point.start_time_unix_nano,
                point.time_unix_nano,
                point.count,
                point.scale,
                point.positive.offset,
                point.positive.SerializeToString(),
                None,
            )
            for point in metric.exponential_histogram.data_points
        ]
    return [
        (
            metric.name,
            metric.unit,
            _packed(point.attributes),
            point.start_time_unix_nano,
            point.time_unix_nano,
            None,
            None,
            None,
            None,
            point.as_int,
        )
        for point in metric.gauge.data_points
    ]


def _packed(attributes: Any) -> bytes:
    return b"".join(attribute.SerializeToString() for attribute in attributes)


if __name__ == "__main__":
    uvicorn.run(
        make_app(Store(Path(sys.argv[2]))),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
