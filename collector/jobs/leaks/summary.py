"""What a run of the leak job found, for the caller and the log."""

from pydantic import Field

from collector.jobs.findings import FindingTally


class LeakSummary(FindingTally):
    """Counts of one run, and the findings that alerting has to know of."""

    sessions: int = Field(description="Sessions looked at")
    votes: int = Field(description="Votes of sessions that were long enough, over all signals")
    cohorts: int = Field(description="Cohorts and signals with a vote")
    too_few_sessions: int = Field(description="Those of them with fewer sessions than leaks.min_sessions")
