"""What counts as a regression, and how much evidence it takes."""

from datetime import timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class RegressionSettings(BaseModel):
    """Section ``regressions``: what counts as a regression, and how much evidence it takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lookback_days: float = Field(
        default=14,
        ge=2,
        le=90,
        description="Sessions older than this are not looked at: what lasted for so long is the new normal",
    )
    votes_per_day: int = Field(
        default=100,
        ge=10,
        le=10_000,
        description="Votes that are read a day of each kind of device with one model, backend and version",
    )
    min_sessions: int = Field(
        default=10, ge=2, description="Votes that a version must have before it is compared"
    )
    min_before: int = Field(
        default=20, ge=2, description="Votes that there must be before the version, in the same cohorts"
    )
    min_ratio: float = Field(
        default=1.05,
        gt=1,
        le=10,
        description="A time or memory must rise by this factor, by the best estimate",
    )
    min_share: float = Field(
        default=0.01,
        gt=0,
        lt=1,
        description="The share of sessions that fail must rise by this much, by the best estimate",
    )
    min_failing: int = Field(
        default=5, ge=1, description="Sessions that failed before errors or incidents are a finding"
    )
    error: float = Field(
        default=0.02,
        gt=0,
        lt=0.5,
        description="The share of false findings among those of a run that is allowed, over all cohorts "
        "(false discovery rate); it holds however often the job looks",
    )
    lasting_hours: float = Field(
        default=1,
        ge=0,
        description="A change that came with a version must last for so long before it is a finding",
    )
    lasting_hours_without_version: float = Field(
        default=24,
        ge=0,
        description="A change that no version explains must last for so long before it is a finding",
    )
    critical_ratio: float = Field(
        default=2.0,
        gt=1,
        description="A finding is critical when even the lower bound of the ratio reaches this",
    )
    critical_share: float = Field(
        default=0.2,
        gt=0,
        lt=1,
        description="A finding about errors is critical when even the lower bound of the rise reaches this",
    )
    resolve_after_hours: float = Field(
        default=48,
        gt=0,
        description="A finding is resolved when its cohort had no session for so long",
    )
    redeliver_hours: float = Field(
        default=48,
        ge=0,
        description="Findings resolved within this time are handed to alerting again, so that a target that "
        "was down still learns of them",
    )

    @property
    def lookback(self) -> timedelta:
        """How far back sessions are loaded."""
        return timedelta(days=self.lookback_days)

    @property
    def redeliver(self) -> timedelta:
        """How long a resolved finding is still handed to alerting."""
        return timedelta(hours=self.redeliver_hours)

    @model_validator(mode="after")
    def _silence_is_visible(self) -> Self:
        if self.resolve_after_hours > 24 * self.lookback_days:
            raise ValueError(
                f"regressions.resolve_after_hours ({self.resolve_after_hours:g}) must not exceed "
                f"regressions.lookback_days ({self.lookback_days:g}): a longer silence cannot be seen"
            )
        return self
