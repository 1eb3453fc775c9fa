"""The leak job: load -> decide -> write."""

from datetime import datetime

import structlog

from collector.jobs.findings import tally, to_table
from collector.jobs.leaks.decision import Decision, Observations, decide
from collector.jobs.leaks.loading import load_observations
from collector.jobs.leaks.settings import LeakSettings
from collector.jobs.leaks.summary import LeakSummary
from collector.store.lending import Tables

log = structlog.get_logger(__name__)


def run(store: Tables, settings: LeakSettings, *, now: datetime, app: str | None = None) -> LeakSummary:
    """Looks for leaks in the newest sessions, and opens, keeps or resolves findings.

    Args:
        store: where windows are read and findings are written.
        settings: what counts as a leak.
        now: an aware time; the run depends on no other clock.
        app: one app, or None for all.

    Raises:
        ValueError: ``now`` has no zone.
        StoreUnavailable: the store does not answer; nothing is half written, run it again.
    """
    if now.tzinfo is None:
        raise ValueError("now has no zone; pass datetime.now(UTC)")
    observations = load_observations(store, settings, now=now, app=app)
    decision = decide(observations, settings, now=now)
    if decision.findings:
        store.insert("findings", to_table(decision.findings))
    summary = _summarise(observations, decision, settings, now)
    log.info("leaks_judged", app=app, **summary.model_dump(exclude={"findings"}))
    return summary


def _summarise(
    observations: Observations, decision: Decision, settings: LeakSettings, now: datetime
) -> LeakSummary:
    counted = tally(observations.findings, decision.findings, redeliver=settings.redeliver, now=now)
    return LeakSummary(
        sessions=decision.sessions,
        votes=decision.votes,
        cohorts=len(decision.assessments),
        too_few_sessions=sum(
            assessment.sessions < settings.min_sessions for assessment in decision.assessments.values()
        ),
        **dict(counted),
    )
