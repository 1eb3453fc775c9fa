"""What a run of the leak job found, for the caller and the log."""

from pydantic import BaseModel, ConfigDict, Field

from collector.contract.finding import Finding


class LeakSummary(BaseModel):
    """Counts of one run, and the findings that alerting has to know of."""

    model_config = ConfigDict(frozen=True)

    sessions: int = Field(description="Sessions looked at")
    votes: int = Field(description="Votes of sessions that were long enough, over all signals")
    cohorts: int = Field(description="Cohorts and signals with a vote")
    too_few_sessions: int = Field(description="Those of them with fewer sessions than leaks.min_sessions")
    opened: int = Field(description="Findings opened by this run")
    still_open: int = Field(description="Findings that were open before and still are")
    resolved: int = Field(description="Findings resolved by this run")
    findings: list[Finding] = Field(
        description="Open ones, and those resolved lately (leaks.redeliver_hours)"
    )
