"""A finding: something the jobs found wrong with a cohort, with its evidence. Rows of the table ``findings``.

A finding is opened, seen again, and resolved; ``alerts`` turns each state into a notification. Its id is a
function of its kind and cohort, so that the same trouble found again is the same finding.
"""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, computed_field

from collector.contract.vocabulary import Backend


class FindingKind(StrEnum):
    """What a finding says. Each has a runbook: docs/runbooks/<kind>.md."""

    TENSOR_LEAK = "tensor_leak"
    BYTES_LEAK = "bytes_leak"
    GPU_BYTES_LEAK = "gpu_bytes_leak"
    GPU_ALLOCATED_LEAK = "gpu_allocated_leak"
    HEAP_LEAK = "heap_leak"
    LOAD_LEAK = "load_leak"
    LATENCY_REGRESSION = "latency_regression"
    START_REGRESSION = "start_regression"
    FRAME_RATE_REGRESSION = "frame_rate_regression"
    ERROR_REGRESSION = "error_regression"
    MEMORY_REGRESSION = "memory_regression"


LEAK_KINDS = frozenset(kind for kind in FindingKind if kind.value.endswith("_leak"))
REGRESSION_KINDS = frozenset(kind for kind in FindingKind if kind.value.endswith("_regression"))


class Every(StrEnum):
    """A cohort's model, release or backend when the finding is about all of them."""

    ANY = "*"


class FindingState(StrEnum):
    """Whether the trouble goes on."""

    OPEN = "open"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """How soon somebody should look."""

    WARNING = "warning"
    CRITICAL = "critical"


class Cohort(BaseModel):
    """The sessions a finding is about. Alarms concern cohorts, never one session."""

    model_config = ConfigDict(frozen=True)

    app: str
    model: str
    release: str
    backend: Backend | Every
    scope: str = Field(
        default="",
        description="What else its sessions have in common, as name=value in the order of the names, with "
        "commas between, for example browser=chromium,gpu=apple; empty when there is nothing else",
    )


class Finding(BaseModel):
    """One finding in its present state."""

    model_config = ConfigDict(frozen=True)

    kind: FindingKind
    cohort: Cohort
    state: FindingState
    severity: Severity
    opened_at: datetime = Field(description="UTC")
    updated_at: datetime = Field(description="UTC, when a job last looked")
    resolved_at: datetime | None = Field(default=None, description="UTC, None while open")
    summary: str = Field(description="One sentence with the figures, for a person")
    evidence: dict[str, Any] = Field(description="The figures the finding rests on")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def finding_id(self) -> str:
        """16 hex digits that name this kind of trouble in this cohort."""
        cohort = self.cohort
        parts = [self.kind, cohort.app, cohort.model, cohort.release, cohort.backend]
        name = "\x1f".join([*parts, cohort.scope] if cohort.scope else parts)
        return hashlib.sha256(name.encode()).hexdigest()[:16]
