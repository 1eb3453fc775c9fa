"""What a run of the regression job found, for the caller and the log."""

from pydantic import Field

from collector.jobs.findings import FindingTally


class RegressionSummary(FindingTally):
    """Counts of one run, and the findings that alerting has to know of."""

    votes: int = Field(description="Session-days that were compared")
    cohorts: int = Field(description="Cohorts with votes on both sides, over all signals and versions")
    tests: int = Field(description="Scopes that were judged, from whole apps down to single cohorts")
    held_back: dict[str, int] = Field(
        description="Rises that are sure and look like something else than a regression, by the filter's name"
    )
