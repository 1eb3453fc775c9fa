"""The pure middle of the job: observations in, findings out. The same inputs give the same findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.contract.finding import Finding
from collector.jobs.leaks.assessment import Assessment, Key, assess_cohorts
from collector.jobs.leaks.lifecycle import advance_findings
from collector.jobs.leaks.series import SessionSeries
from collector.jobs.leaks.settings import LeakSettings
from collector.jobs.leaks.vote import collect_votes


@dataclass(frozen=True)
class Observations:
    """What was loaded."""

    series: Sequence[SessionSeries]
    release_order: Mapping[str, Sequence[str]]
    """Each app's releases, the first seen first."""
    findings: Sequence[Finding]
    """The newest state of every finding there has been."""


@dataclass(frozen=True)
class Decision:
    """What the observations add up to."""

    votes: int
    assessments: Mapping[Key, Assessment]
    findings: Sequence[Finding]
    """Open now, or resolved now."""


def decide(observations: Observations, settings: LeakSettings, *, now: datetime) -> Decision:
    """Judges sessions, then cohorts, then findings. Touches nothing outside."""
    votes = collect_votes(observations.series, settings)
    assessments = assess_cohorts(votes, observations.release_order, settings)
    findings = advance_findings(assessments, observations.findings, settings, now=now)
    return Decision(votes=len(votes), assessments=assessments, findings=findings)
