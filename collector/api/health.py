"""``/healthz`` (the process answers), ``/readyz`` (it can do its work) and ``/metrics``."""

from typing import Any

import structlog
from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from collector.api.collector import Collector
from collector.api.metrics import exposition
from collector.contract.reasons import Reason
from collector.store import StoreError

log = structlog.get_logger(__name__)


def health_router(collector: Collector) -> APIRouter:
    """The routes an orchestrator and Prometheus ask."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.api_route("/readyz", methods=["GET", "HEAD"])
    async def readyz() -> JSONResponse:
        checks = await run_in_threadpool(_check, collector)
        ready = all(check == "ok" for check in checks.values())
        # Ready means: a report would be taken. A store that is away shows, but the spool takes its place.
        takes_reports = checks["spool"] == "ok"
        status = "ready" if ready else "degraded" if takes_reports else "not_ready"
        body: dict[str, Any] = {"status": status, "checks": checks}
        return JSONResponse(body, 200 if ready else 503, headers={"Cache-Control": "no-store"})

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(await run_in_threadpool(exposition, collector), media_type=CONTENT_TYPE_LATEST)

    return router


def _check(collector: Collector) -> dict[str, str]:
    return {"spool": _check_spool(collector), "store": _check_store(collector)}


def _check_spool(collector: Collector) -> str:
    if (error := collector.spool.check()) is None:
        return "ok"
    log.warning("spool_not_ready", error=error)
    return Reason.SPOOL_UNAVAILABLE.code


def _check_store(collector: Collector) -> str:
    try:
        collector.store.check_schema()
    except StoreError as error:
        # Its text names the store's address and user, and anybody may ask here.
        log.warning("store_not_ready", error=str(error))
        return Reason.STORE_UNAVAILABLE.code
    return "ok"
