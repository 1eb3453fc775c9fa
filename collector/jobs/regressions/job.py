"""The regression job: load -> decide -> write."""

from datetime import datetime

import structlog

from collector.contract.finding import REGRESSION_KINDS, Finding
from collector.jobs import findings
from collector.jobs.regressions.decision import decide
from collector.jobs.regressions.loading import load_observations
from collector.jobs.regressions.settings import RegressionSettings
from collector.jobs.regressions.summary import RegressionSummary
from collector.store.lending import Tables

log = structlog.get_logger(__name__)


def run(
    store: Tables, settings: RegressionSettings, *, now: datetime, app: str | None = None
) -> RegressionSummary:
    """Compares versions and days in the newest sessions, and opens, keeps or resolves findings.

    Args:
        store: where sessions are read and findings are written.
        settings: what counts as a regression.
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
        store.insert("findings", findings.to_table(decision.findings))
    counted = findings.tally(observations.findings, decision.findings, redeliver=settings.redeliver, now=now)
    summary = RegressionSummary(
        votes=decision.votes,
        cohorts=decision.cohorts,
        tests=decision.tests,
        held_back=dict(sorted(decision.held_back.items())),
        **dict(counted),
    )
    log.info("regressions_judged", app=app, **summary.model_dump(exclude={"findings"}))
    return summary


def load_findings(store: Tables, *, app: str | None = None) -> list[Finding]:
    """The newest state of every regression finding, of one app or of all."""
    return findings.load_findings(store, app=app, kinds=REGRESSION_KINDS)
