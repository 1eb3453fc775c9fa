"""The admin token of a request: asked for by every route that changes something."""

import hashlib
import hmac

from starlette.requests import Request
from starlette.responses import Response

from collector.api.serving.problems import problem_response
from collector.contract.reasons import Problem, Reason


class AdminToken:
    """Compares what a request brings with the token, in constant time."""

    def __init__(self, token: str) -> None:
        self._expected = _digest(token.encode())

    def refuse(self, request: Request) -> Response | None:
        """The answer to a request without the token; None when it has it."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(
            _digest(token.strip().encode()), self._expected
        ):
            return None
        return problem_response(Problem.of(Reason.ADMIN_TOKEN_REQUIRED), {"WWW-Authenticate": "Bearer"})


def _digest(token: bytes) -> bytes:
    # Digests have one length, so that comparing them tells nothing of the token's.
    return hashlib.sha256(token).digest()
