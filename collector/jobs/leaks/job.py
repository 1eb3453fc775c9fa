"""The leak job: load -> decide -> write."""

from datetime import datetime

import structlog

from collector.contract.finding import FindingState
from collector.jobs.leaks.decision import Decision, Observations, decide
from collector.jobs.leaks.finding_rows import to_table
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
    open_before = {
        finding.finding_id for finding in observations.findings if finding.state is FindingState.OPEN
    }
    written = {finding.finding_id for finding in decision.findings}
    lately = [
        finding
        for finding in observations.findings
        if finding.finding_id not in written
        and finding.resolved_at is not None
        and now - finding.resolved_at <= settings.redeliver
    ]
    is_open = [finding for finding in decision.findings if finding.state is FindingState.OPEN]
    opened = sum(finding.finding_id not in open_before for finding in is_open)
    return LeakSummary(
        sessions=decision.sessions,
        votes=decision.votes,
        cohorts=len(decision.assessments),
        too_few_sessions=sum(
            assessment.sessions < settings.min_sessions for assessment in decision.assessments.values()
        ),
        opened=opened,
        still_open=len(is_open) - opened,
        resolved=len(decision.findings) - len(is_open),
        findings=sorted([*decision.findings, *lately], key=lambda finding: finding.finding_id),
    )
