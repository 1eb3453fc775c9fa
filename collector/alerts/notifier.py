"""Tells findings to every target; a target that is down costs the others nothing."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from collector.alerts.alertmanager import AlertmanagerTarget
from collector.alerts.chat import ChatTarget
from collector.alerts.debts import Debts
from collector.alerts.http_delivery import HttpDelivery
from collector.alerts.ledger import Ledger, MemoryLedger
from collector.alerts.notice import Notice
from collector.alerts.settings import AlertSettings
from collector.alerts.summary import DeliverySummary, TargetSummary
from collector.alerts.target import DeliveryFailed, Target
from collector.alerts.telling import Telling, decide
from collector.alerts.webhook import WebhookTarget
from collector.contract.finding import Finding

log = structlog.get_logger(__name__)

RESOLVED_AGAIN = timedelta(minutes=15)
"""How long Alertmanager is sent the end of an alert. As long as Prometheus does it, since a restart forgets
an end that was not told yet; no longer, since with each other alert of its group that end is told again.
"""
BATCH = 256
"""Notices in one request to Alertmanager."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Notifier:
    """Delivers findings to the targets of the settings. One delivery at a time."""

    def __init__(
        self,
        settings: AlertSettings,
        *,
        ledger: Ledger | None = None,
        http: HttpDelivery | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Args:

        settings: where to deliver, and how patiently.
        ledger: what was told before; without one, a restarted process tells webhooks and chat again.
        http: posts; injected by tests.
        clock: the present, aware.
        """
        self._settings = settings
        self._ledger = ledger if ledger is not None else MemoryLedger()
        self._clock = clock
        self.targets = make_targets(settings, http or HttpDelivery(settings))
        self.debts = Debts(target.name for target in self.targets)
        """What each target has not taken, for the metrics."""

    def deliver(
        self, findings: Sequence[Finding], *, owners: Mapping[str, str] | None = None
    ) -> DeliverySummary:
        """Tells each target what it does not know yet. Hand over all open and lately resolved ones of a job.

        Never raises for a target's failure: it is counted, logged, and tried again in the next run, since
        nothing is taken for told before its target took it.

        Args:
            findings: as a job says them now.
            owners: app -> owner, of the apps that have one.
        """
        if not self.targets:
            return DeliverySummary(targets=[])
        telling = self._decide(findings, owners or {})
        with ThreadPoolExecutor(max_workers=len(self.targets), thread_name_prefix="alerts") as pool:
            parts = list(pool.map(lambda target: self._deliver_to(target, telling), self.targets))
        for part in parts:
            level = log.info if part.refused + part.owed == 0 else log.warning
            level("alerts_delivered", **part.model_dump())
        return DeliverySummary(targets=parts)

    def _decide(self, findings: Sequence[Finding], owners: Mapping[str, str]) -> Telling:
        now = self._clock()
        try:
            episodes = self._ledger.episodes(finding.finding_id for finding in findings)
        except sqlite3.Error as failure:
            # What is told then goes by the findings alone: rather twice than not at all.
            log.warning("alert_episodes_unreadable", error=str(failure))
            episodes = {}
        telling = decide(findings, episodes, self._settings, owners=owners, now=now)
        try:
            self._ledger.keep(telling.episodes, at=now)
        except sqlite3.Error as failure:
            log.warning("alert_episodes_not_kept", error=str(failure))
        return telling

    def _deliver_to(self, target: Target, telling: Telling) -> TargetSummary:
        now = self._clock()
        notices = telling.notices
        delivered: list[Notice] = []
        refused: list[Notice] = []
        error: str | None = None
        due: list[Notice] = []
        try:
            untold = self._ledger.untold(target.name, (notice.event for notice in notices), at=now)
            due = [notice for notice in notices if notice.event in untold or _again(target, notice, now)]
            if target.resend:
                due = [replace(notice, told_at=now) if notice.event in untold else notice for notice in due]
            for batch in _batches(target, due):
                try:
                    target.send(batch)
                except DeliveryFailed as failure:
                    error = str(failure)
                    if not failure.reachable:
                        break  # it is down: the next one would only wait as long again
                    taken, bad, error = _one_by_one(target, batch, error)
                    refused += bad
                else:
                    taken = list(batch)
                delivered += taken
                self._ledger.record(target.name, (notice.event for notice in taken), at=now)
        except sqlite3.Error as failure:
            # A full disk must not silence the other targets. What was sent but not recorded is sent again.
            error = f"the ledger of deliveries cannot be used ({failure}); check the data folder's disk"
            due = due or notices
            if target.resend and not delivered:
                delivered, refused, error = _send_anyway(target, notices, error)
        taken_ids = {notice.event for notice in delivered}
        self.debts.settle(target.name, taken_ids)
        self.debts.owe(target.name, {notice.event for notice in due} - taken_ids)
        return TargetSummary(
            target=target.name,
            delivered=len(delivered),
            told_before=len(notices) - len(due),
            waiting=telling.waiting,
            refused=len(refused),
            owed=len(due) - len(delivered) - len(refused),
            error=error,
        )


def _again(target: Target, notice: Notice, now: datetime) -> bool:
    """Whether a target that knows of it already is sent it once more."""
    if not target.resend:
        return False
    return notice.resolved_at is None or now - notice.resolved_at < RESOLVED_AGAIN


def _batches(target: Target, due: Sequence[Notice]) -> list[Sequence[Notice]]:
    size = BATCH if target.resend else 1
    return [due[start : start + size] for start in range(0, len(due), size)]


def _one_by_one(
    target: Target, batch: Sequence[Notice], error: str
) -> tuple[list[Notice], list[Notice], str]:
    """After a refused batch: those that are taken by themselves, those that are not, the last reason."""
    if len(batch) == 1:
        return [], list(batch), error
    taken: list[Notice] = []
    refused: list[Notice] = []
    for notice in batch:
        try:
            target.send([notice])
        except DeliveryFailed as failure:
            error = str(failure)
            if not failure.reachable:
                break
            refused.append(notice)
        else:
            taken.append(notice)
    return taken, refused, error


def _send_anyway(
    target: Target, notices: Sequence[Notice], error: str
) -> tuple[list[Notice], list[Notice], str]:
    """Without a ledger Alertmanager is told all: it knows by itself what it knows."""
    try:
        target.send(notices)
    except DeliveryFailed as failure:
        return [], list(notices) if failure.reachable else [], str(failure)
    return list(notices), [], error


def make_targets(settings: AlertSettings, http: HttpDelivery) -> list[Target]:
    """The targets of the settings.

    Raises:
        ValueError: apprise does not understand one of the addresses of chat.
    """
    targets: list[Target] = []
    if settings.alertmanager_url is not None:
        targets.append(AlertmanagerTarget(settings.alertmanager_url.get_secret_value(), settings, http))
    targets += [WebhookTarget(webhook, settings, http) for webhook in settings.webhooks]
    targets += [ChatTarget(url.get_secret_value(), settings) for url in settings.chat]
    return targets
