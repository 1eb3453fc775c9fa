"""What every job that finds faults does with a finding: its rows, its life, and what a run tells of it."""

from collector.jobs.findings.lifecycle import keep_finding, open_finding, resolve_finding
from collector.jobs.findings.loading import load_findings
from collector.jobs.findings.releases import load_releases
from collector.jobs.findings.rows import from_row, to_table
from collector.jobs.findings.tally import FindingTally, tally

__all__ = [
    "FindingTally",
    "from_row",
    "keep_finding",
    "load_findings",
    "load_releases",
    "open_finding",
    "resolve_finding",
    "tally",
    "to_table",
]
