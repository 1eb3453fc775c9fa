"""``POST /v1/admin/jobs/{name}``: runs a job now, also for a command line that finds the engine owned."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from collector.api.admin.problems import EXPECTED, answer_for
from collector.api.admin.token import AdminToken
from collector.api.collector import Collector
from collector.operations.catalogue import Call


def admin_router(collector: Collector) -> APIRouter:
    """Routes that run something. Each asks for the admin token."""
    router = APIRouter(prefix="/v1/admin")
    token = AdminToken(collector.admin_token)

    @router.post("/jobs/{name}")
    async def run_job(name: str, request: Request) -> Response:
        if (refusal := token.refuse(request)) is not None:
            return refusal
        try:
            call = Call.model_validate_strings(dict(request.query_params))
            summary = await run_in_threadpool(collector.jobs.run, name, call)
        except EXPECTED as error:
            return answer_for(error)
        return Response(
            summary.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"}
        )

    return router
