"""Finds memory leaks: per session a slope, per cohort a share, per finding a life."""

from collector.jobs.leaks.job import run
from collector.jobs.leaks.loading import load_findings
from collector.jobs.leaks.settings import LeakSettings
from collector.jobs.leaks.summary import LeakSummary
from collector.jobs.leaks.traces import LeakExplanation, UnknownFinding, explain_leak

__all__ = [
    "LeakExplanation",
    "LeakSettings",
    "LeakSummary",
    "UnknownFinding",
    "explain_leak",
    "load_findings",
    "run",
]
