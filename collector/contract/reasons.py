"""Why something was refused: one code that serves the exception, the metric's label and the answer's body.

The answer's shape is RFC 9457 (problem details), served as ``application/problem+json``.
"""

from enum import Enum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field


class Refusal(NamedTuple):
    """How a reason is answered."""

    code: str
    status: int
    title: str
    advice: str


class Reason(Enum):
    """Every way in which a request, or one item of a report, is refused."""

    MALFORMED_JSON = Refusal("malformed_json", 400, "The body is not JSON", "Send one UTF-8 JSON object.")
    MALFORMED_GZIP = Refusal(
        "malformed_gzip", 400, "The body is not gzip", "Drop Content-Encoding, or compress the whole body."
    )
    BODY_INTERRUPTED = Refusal(
        "body_interrupted", 400, "The body ended early", "Send the same batch_id again; it is stored once."
    )
    UNKNOWN_KEY = Refusal(
        "unknown_key", 401, "The write key is not valid for this app", "Pass the app's write key as ?key=."
    )
    UNKNOWN_APP = Refusal(
        "unknown_app",
        403,
        "This collector does not know the app",
        "Add it with `inferfleet apps add`, or declare it in INFERFLEET_APPS or under [apps.NAME].",
    )
    ORIGIN_NOT_ALLOWED = Refusal(
        "origin_not_allowed",
        403,
        "The page's origin may not report for this app",
        "Add it to the app's origins.",
    )
    ADMIN_TOKEN_REQUIRED = Refusal(
        "admin_token_required", 401, "This call needs the admin token", "Send Authorization: Bearer <token>."
    )
    BAD_CALL = Refusal("bad_call", 422, "The call does not fit", "See docs/operations.md for the calls.")
    INVALID_QUERY = Refusal(
        "invalid_query", 422, "The query string does not fit", "See errors, and docs/dashboards.md."
    )
    NOT_FOUND = Refusal("not_found", 404, "Nothing is here", "See docs/architecture.md for the endpoints.")
    METHOD_NOT_ALLOWED = Refusal(
        "method_not_allowed", 405, "The path does not take this method", "See the Allow header."
    )
    BODY_TIMEOUT = Refusal(
        "body_timeout", 408, "The body took too long to arrive", "Send it again with the same batch_id."
    )
    BODY_TOO_LARGE = Refusal(
        "body_too_large", 413, "The body is over the limit", "Split the report into smaller ones."
    )
    INFLATED_TOO_LARGE = Refusal(
        "inflated_too_large",
        413,
        "The inflated body is over the limit",
        "Split the report into smaller ones.",
    )
    UNSUPPORTED_MEDIA_TYPE = Refusal(
        "unsupported_media_type",
        415,
        "The content type is not taken here",
        "Send application/json, or text/plain from a beacon.",
    )
    UNSUPPORTED_ENCODING = Refusal(
        "unsupported_encoding", 415, "The content encoding is not taken here", "Send gzip or identity."
    )
    UNSUPPORTED_VERSION = Refusal(
        "unsupported_version", 422, "The report's version is not known", "This collector reads v = 1."
    )
    INVALID_REPORT = Refusal(
        "invalid_report", 422, "The report does not fit the contract", "See errors, and docs/wire.md."
    )
    INVALID_ITEM = Refusal("invalid_item", 422, "An item does not fit the contract", "See docs/wire.md.")
    UNKNOWN_ENUM = Refusal(
        "unknown_enum",
        422,
        "An item has a value outside a closed enum",
        "Upgrade the collector before the SDK.",
    )
    TIMESTAMP_OUT_OF_RANGE = Refusal(
        "timestamp_out_of_range",
        422,
        "An item's time is over 48 hours before the report's sent_at, or over 5 minutes after it",
        "Use one clock for both; the collector corrects a clock that is off.",
    )
    TOO_MANY_REQUESTS = Refusal(
        "too_many_requests", 429, "Too many reports at one time", "Wait for Retry-After seconds."
    )
    INTERNAL = Refusal("internal", 500, "The collector failed", "Its log has the request_id. Send it again.")
    SPOOL_FULL = Refusal(
        "spool_full", 503, "The collector's spool is full", "Wait for Retry-After, then send the batch again."
    )
    SPOOL_UNAVAILABLE = Refusal(
        "spool_unavailable",
        503,
        "The spool's disk refuses writes",
        "Wait for Retry-After, then send it again.",
    )
    STORE_UNAVAILABLE = Refusal(
        "store_unavailable", 503, "The store does not answer", "Reports are still taken; ask again later."
    )
    STOPPING = Refusal(
        "stopping", 503, "The collector is stopping", "Send the batch again after Retry-After."
    )

    @property
    def code(self) -> str:
        """The stable, snake_case name: what a client or a dashboard may depend on."""
        return self.value.code

    @property
    def status(self) -> int:
        """The HTTP status of an answer that carries this reason."""
        return self.value.status


class FieldError(BaseModel):
    """One place where a report left the contract. It never repeats the value that was sent."""

    model_config = ConfigDict(frozen=True)

    path: str = Field(description="Where, as dotted keys and indexes, for example windows.0.backend")
    message: str = Field(description="What was expected there")


class Problem(BaseModel):
    """The one shape of every refusal (RFC 9457)."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="A URI for the reason: urn:inferfleet:problem:<code>")
    title: str = Field(description="What happened, the same for every occurrence")
    status: int = Field(description="The HTTP status")
    code: str = Field(description="The reason code, also a metric label")
    detail: str = Field(description="What to do about it")
    errors: list[FieldError] = Field(default_factory=list, description="At most 8 places that do not fit")

    @classmethod
    def of(
        cls, reason: Reason, detail: str | None = None, errors: list[FieldError] | None = None
    ) -> "Problem":
        """The problem for a reason; ``detail`` replaces the reason's standing advice."""
        refusal = reason.value
        return cls(
            type=f"urn:inferfleet:problem:{refusal.code}",
            title=refusal.title,
            status=refusal.status,
            code=refusal.code,
            detail=detail or refusal.advice,
            errors=(errors or [])[:8],
        )
