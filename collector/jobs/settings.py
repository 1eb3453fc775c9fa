"""When the collector runs its jobs by itself."""

from pydantic import BaseModel, ConfigDict, Field


class ScheduleSettings(BaseModel):
    """Section ``schedule``: whether this collector runs the jobs. Of several, one should, or CronJobs do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool | None = Field(
        default=None, description="Run the jobs inside the collector. None: in embedded mode only"
    )
    recommend_every_s: int = Field(default=900, ge=10, description="Seconds between two runs of `recommend`")
    publish_every_s: int = Field(default=900, ge=10, description="Seconds between two runs of `publish`")
    leaks_every_s: int = Field(default=300, ge=10, description="Seconds between two runs of `leaks`")
    regressions_every_s: int = Field(
        default=900, ge=10, description="Seconds between two runs of `regressions`"
    )
    expire_every_s: int = Field(
        default=21_600, ge=10, description="Seconds between two runs of `expire`, which deletes once a day"
    )
    first_after_s: int = Field(default=60, ge=0, description="Seconds after the start before the first run")
