"""``POST /v1/admin/jobs/{name}``: runs a job now. The command line uses it when this process owns the engine."""

import hashlib
import hmac

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from collector.api.collector import Collector
from collector.api.jobs import UnknownJob
from collector.api.problems import problem_response
from collector.contract.reasons import Problem, Reason
from collector.store import StoreUnavailable


def admin_router(collector: Collector) -> APIRouter:
    """Routes that change something. Each asks for the admin token."""
    router = APIRouter(prefix="/v1/admin")
    expected = _digest(collector.admin_token.encode())

    @router.post("/jobs/{name}")
    async def run_job(name: str, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(_digest(token.strip().encode()), expected):
            return problem_response(Problem.of(Reason.ADMIN_TOKEN_REQUIRED), {"WWW-Authenticate": "Bearer"})
        try:
            summary = await run_in_threadpool(collector.jobs.run, name, request.query_params.get("app"))
        except UnknownJob:
            names = ", ".join(collector.jobs.names)
            return problem_response(
                Problem.of(Reason.NOT_FOUND, f"There is no such job. There are: {names}.")
            )
        except StoreUnavailable as error:
            return problem_response(Problem.of(Reason.STORE_UNAVAILABLE, str(error)), {"Retry-After": "10"})
        return Response(
            summary.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"}
        )

    return router


def _digest(token: bytes) -> bytes:
    # Digests have one length, so that comparing them tells nothing of the token's.
    return hashlib.sha256(token).digest()
