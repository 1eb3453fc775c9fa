"""``POST /v1/admin/jobs/{name}``: runs a job now, also for a command line that finds the engine owned."""

import hashlib
import hmac

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from collector.api.collector import Collector
from collector.api.jobs import UnknownJob
from collector.api.operations import Call
from collector.api.problems import problem_response
from collector.contract.reasons import Problem, Reason
from collector.jobs.publish import VersionConflict
from collector.store import StoreError, StoreUnavailable


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
            call = Call.model_validate_strings(dict(request.query_params))
            summary = await run_in_threadpool(collector.jobs.run, name, call)
        except UnknownJob as error:
            return problem_response(Problem.of(Reason.NOT_FOUND, str(error)))
        except StoreUnavailable as error:
            return problem_response(Problem.of(Reason.STORE_UNAVAILABLE, str(error)), {"Retry-After": "10"})
        except StoreError as error:
            return problem_response(Problem.of(Reason.STORE_UNAVAILABLE, str(error)))
        except (ValueError, VersionConflict) as error:
            return problem_response(_bad_call(error))
        return Response(
            summary.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"}
        )

    return router


def _bad_call(error: Exception) -> Problem:
    """The caller's mistake, said without repeating what was sent."""
    if isinstance(error, ValidationError):
        details = error.errors(include_url=False, include_input=False)
        text = "; ".join(f"{detail['loc'][0]}: {detail['msg']}" for detail in details)
    else:
        text = str(error)
    return Problem.of(Reason.BAD_CALL, text)


def _digest(token: bytes) -> bytes:
    # Digests have one length, so that comparing them tells nothing of the token's.
    return hashlib.sha256(token).digest()
