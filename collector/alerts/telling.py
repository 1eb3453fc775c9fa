"""Decides what is told of a run's findings; touches nothing outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from collector.alerts.episode import Episode, advance
from collector.alerts.notice import Notice, make_notice
from collector.alerts.quiet import is_quiet
from collector.alerts.settings import AlertSettings
from collector.contract.finding import Finding


class Telling(NamedTuple):
    """What is told now, and how far each episode is after that."""

    notices: list[Notice]
    episodes: dict[str, Episode]
    waiting: int
    """Findings of which nothing is told now."""


def decide(
    findings: Sequence[Finding],
    episodes: Mapping[str, Episode],
    settings: AlertSettings,
    *,
    owners: Mapping[str, str],
    now: datetime,
) -> Telling:
    """What to tell of the findings, and of those whose end is owed though no job speaks of them any more.

    Args:
        findings: all open and lately resolved ones of a job.
        episodes: those of the findings, and all whose end is owed, by finding id.
        settings: how long to wait, and the quiet hours.
        owners: app -> owner.
        now: aware.
    """
    known = {finding.finding_id: finding for finding in findings}
    owed = {key: episode.finding for key, episode in episodes.items() if episode.end_is_owed}
    notices: list[Notice] = []
    after: dict[str, Episode] = {}
    for finding_id, finding in sorted({**owed, **known}.items()):
        app = finding.cohort.app
        owner = owners.get(app)
        after[finding_id], told = advance(
            episodes.get(finding_id),
            finding,
            settings.patience,
            quiet=is_quiet(settings.quiet_hours, app, owner, now=now),
            now=now,
        )
        if told is not None:
            notices.append(make_notice(told, owner))
    return Telling(notices, after, waiting=len(after) - len(notices))
