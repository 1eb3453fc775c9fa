"""Finds what became worse: a release, a browser version or a day against what was before it."""

from collector.jobs.regressions.job import load_findings, run
from collector.jobs.regressions.settings import RegressionSettings
from collector.jobs.regressions.summary import RegressionSummary

__all__ = ["RegressionSettings", "RegressionSummary", "load_findings", "run"]
