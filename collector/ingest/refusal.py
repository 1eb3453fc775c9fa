"""How the hot path says no: one exception that carries the reason, its explanation and what was counted."""

from collector.contract.reasons import FieldError, Problem, Reason


class Refused(Exception):
    """A report, as a whole, is refused.

    Attributes:
        reason: the code for the answer, the metric and the log.
        items: how many items of the report were refused, by reason code, as far as it could be read.
        retry_after: seconds after which the same batch may succeed, for 503.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str | None = None,
        *,
        errors: list[FieldError] | None = None,
        items: dict[str, int] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail or reason.value.advice)
        self.reason = reason
        self.problem = Problem.of(reason, detail, errors)
        self.items = items or {}
        self.retry_after = retry_after
