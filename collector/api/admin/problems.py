"""What the admin routes answer when a call did not work."""

from pydantic import ValidationError
from starlette.responses import Response

from collector.api.serving.problems import problem_response
from collector.apps import AppConflict, UnknownApp, UnknownWriteKey
from collector.contract.reasons import Problem, Reason
from collector.ingest.refusal import Refused
from collector.jobs.publish import VersionConflict
from collector.mistakes import sentences
from collector.models import UnknownVariant, VariantConflict
from collector.operations.job_process import JobDied, JobStopped
from collector.operations.jobs import UnknownJob
from collector.store import BackupRefused, StoreError, StoreUnavailable

EXPECTED = (
    UnknownJob,
    JobStopped,
    JobDied,
    UnknownApp,
    UnknownWriteKey,
    StoreError,
    Refused,
    ValueError,
    VersionConflict,
    AppConflict,
    UnknownVariant,
    VariantConflict,
)
"""What an operator can mend. Anything else is a fault of ours and answered with 500."""


def answer_for(error: Exception) -> Response:
    """The problem for one of ``EXPECTED``."""
    match error:
        case Refused():
            return problem_response(error.problem)
        case UnknownJob() | UnknownApp() | UnknownWriteKey() | UnknownVariant():
            return problem_response(Problem.of(Reason.NOT_FOUND, str(error)))
        case JobStopped():
            return problem_response(Problem.of(Reason.STOPPING, str(error)), {"Retry-After": "10"})
        case JobDied():
            return problem_response(Problem.of(Reason.INTERNAL, str(error)))
        case StoreUnavailable():
            return problem_response(Problem.of(Reason.STORE_UNAVAILABLE, str(error)), {"Retry-After": "10"})
        case BackupRefused():
            return problem_response(Problem.of(Reason.BAD_CALL, str(error)))
        case StoreError():
            return problem_response(Problem.of(Reason.STORE_UNAVAILABLE, str(error)))
        case _:
            return problem_response(Problem.of(Reason.BAD_CALL, say(error)))


def say(error: Exception) -> str:
    """A mistake of the caller's, said without repeating what was sent."""
    return "; ".join(sentences(error)) if isinstance(error, ValidationError) else str(error)
