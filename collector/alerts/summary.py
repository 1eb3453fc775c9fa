"""What became of a run's deliveries."""

from pydantic import BaseModel, ConfigDict, Field


class TargetSummary(BaseModel):
    """One target's part: every finding handed over ends in exactly one of these counts."""

    model_config = ConfigDict(frozen=True)

    target: str = Field(description="alertmanager, webhook:<name> or chat:<scheme>-<digest>")
    delivered: int = Field(description="Taken in this run")
    told_before: int = Field(description="Taken in an earlier run, nothing to do")
    waiting: int = Field(
        default=0, description="Not told yet, or no more: alerts.warning_for_s, quiet_hours and the like"
    )
    refused: int = Field(description="Answered with a refusal; tried again in the next run")
    owed: int = Field(
        description="Not delivered since the target did not answer; tried again in the next run"
    )
    error: str | None = Field(default=None, description="The last failure, without address or secret")


class DeliverySummary(BaseModel):
    """All targets' parts."""

    model_config = ConfigDict(frozen=True)

    targets: list[TargetSummary]

    @property
    def complete(self) -> bool:
        """Whether every target knows everything."""
        return all(target.refused + target.owed == 0 for target in self.targets)
