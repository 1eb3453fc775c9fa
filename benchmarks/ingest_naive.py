"""What one would write first: FastAPI, the report as a pydantic model, one insert into ClickHouse for each
request.

The same contract, the same embedded engine, the same table of windows. ``ingest_naive.py PORT FOLDER``.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate
from typing import Annotated, Any

import uvicorn
from clickhouse_connect.driver.client import Client
from fastapi import Depends, FastAPI, Request

from collector.contract.report import Report, Window
from collector.contract.signals import Histogram, MemorySignal
from collector.store import SCHEMAS, Dsn
from collector.store.client import connect
from collector.store.migrate import upgrade

COLUMNS = SCHEMAS["windows"].names


def make_app(client: Client) -> FastAPI:
    app = FastAPI()

    @app.post("/v1/report", status_code=202)
    def take(body: Annotated[bytes, Depends(_read)]) -> dict[str, Any]:
        # A body parameter would parse the JSON first; the contract is strict about what only JSON can be.
        report = Report.model_validate_json(body)
        client.insert("windows", list(rows_of(report)), column_names=COLUMNS)
        return {"accepted": len(report.windows), "duplicate": 0, "rejected": {}, "config_etag": None}

    return app


async def _read(request: Request) -> bytes:
    return await request.body()


def rows_of(report: Report) -> Iterator[list[Any]]:
    """The values of ``COLUMNS`` for each window."""
    device = report.device
    for window in report.windows:
        envelope = [
            report.app,
            datetime.fromtimestamp(window.started_at / 1000, UTC),
            datetime.now(UTC),
            report.release,
            report.session,
            report.batch_id,
            report.sdk,
            *(value for _, value in device if _ in type(device).model_fields),
            0,
        ]
        yield envelope + _window(window)


def _window(window: Window) -> list[Any]:
    memory = window.memory or MemorySignal(predictions=[0], tensors=[0], bytes=[0])
    tensors = list(accumulate(memory.tensors))
    return [
        window.model,
        window.variant,
        window.backend,
        window.steerable,
        window.engine,
        window.duration_ms,
        window.count,
        window.errors,
        window.threads,
        *_histogram(window.dispatch_ms),
        *_histogram(window.ready_ms),
        window.ready_method or "",
        *_histogram(window.kernel_ms),
        window.kernel_method or "",
        list(accumulate(memory.predictions)),
        tensors,
        list(accumulate(memory.bytes)),
        list(accumulate(memory.gpu_bytes or [])),
        list(accumulate(memory.gpu_allocated_bytes or [])),
        list(accumulate(memory.heap_bytes or [])),
        min(tensors),
        max(tensors),
        window.nth_load,
        window.engine_version,
        window.model_release,
    ]


def _histogram(histogram: Histogram | None) -> tuple[list[int], list[int]]:
    counts = histogram.decoded() if histogram else {}
    return list(counts), list(counts.values())


if __name__ == "__main__":
    dsn = Dsn.parse(f"chdb://{sys.argv[2]}")
    upgrade(dsn)
    uvicorn.run(
        make_app(connect(dsn, database=dsn.database)),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
