"""When the collector runs its jobs by itself (embedded mode)."""

from pydantic import BaseModel, ConfigDict, Field


class ScheduleSettings(BaseModel):
    """Section ``schedule``. With a ClickHouse server the jobs are CronJobs, and this stays off there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(
        default=True, description="Run the jobs inside the collector; needed in embedded mode"
    )
    recommend_every_s: int = Field(default=900, ge=10, description="Seconds between two runs of `recommend`")
    publish_every_s: int = Field(default=900, ge=10, description="Seconds between two runs of `publish`")
    leaks_every_s: int = Field(default=300, ge=10, description="Seconds between two runs of `leaks`")
    first_after_s: int = Field(default=60, ge=0, description="Seconds after the start before the first run")
