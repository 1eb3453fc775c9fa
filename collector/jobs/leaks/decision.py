"""The pure middle of the job: observations in, findings out. The same inputs give the same findings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.contract.finding import Finding
from collector.jobs.leaks.assessment import Assessment, Key
from collector.jobs.leaks.cohorts import assess_cohorts, newest_votes
from collector.jobs.leaks.lifecycle import advance_findings
from collector.jobs.leaks.series import SessionSeries
from collector.jobs.leaks.settings import LeakSettings
from collector.jobs.leaks.sharing import settle_shared
from collector.jobs.leaks.successors import read_successors
from collector.jobs.leaks.vote import Vote, collect_votes, settle_ties


@dataclass(frozen=True)
class Observations:
    """What was loaded, or is loaded while it is gone through."""

    batches: Iterable[Sequence[SessionSeries]]
    """Every session is whole in one of them. Gone through once: all points at one time would be gigabytes."""
    release_order: Mapping[str, Sequence[str]]
    """Each app's releases, the first seen first."""
    findings: Sequence[Finding]
    """The newest state of every finding there has been."""


@dataclass(frozen=True)
class Decision:
    """What the observations add up to."""

    sessions: int
    votes: int
    assessments: Mapping[Key, Assessment]
    findings: Sequence[Finding]
    """Open now, or resolved now."""


def decide(observations: Observations, settings: LeakSettings, *, now: datetime) -> Decision:
    """Judges sessions, then cohorts, then findings. Changes nothing outside."""
    votes: list[Vote] = []
    sessions = 0
    for batch in observations.batches:
        votes += collect_votes(batch, settings)
        sessions += len({(series.cohort.app, series.session) for series in batch})
    votes = settle_shared(settle_ties(votes))
    newest = newest_votes(votes, settings)
    assessments = assess_cohorts(newest, votes, observations.release_order, settings)
    successors = read_successors(assessments, newest, observations.release_order, settings)
    findings = advance_findings(assessments, successors, observations.findings, settings, now=now)
    count = sum(not vote.yields for vote in votes)
    return Decision(sessions=sessions, votes=count, assessments=assessments, findings=findings)
