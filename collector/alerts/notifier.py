"""Tells findings to every target; a target that is down costs the others nothing."""

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import structlog

from collector.alerts.alertmanager import AlertmanagerTarget
from collector.alerts.chat import ChatTarget
from collector.alerts.http_delivery import HttpDelivery
from collector.alerts.ledger import Ledger, MemoryLedger
from collector.alerts.settings import AlertSettings
from collector.alerts.summary import DeliverySummary, TargetSummary
from collector.alerts.target import DeliveryFailed, Target, event_key
from collector.alerts.webhook import WebhookTarget
from collector.contract.finding import Finding

log = structlog.get_logger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Notifier:
    """Delivers findings to the targets of the settings."""

    def __init__(
        self,
        settings: AlertSettings,
        *,
        ledger: Ledger | None = None,
        http: HttpDelivery | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Args:

        settings: where to deliver.
        ledger: what was told before; without one, a restarted process tells webhooks and chat again.
        http: posts; injected by tests.
        clock: the present, aware.
        """
        self._ledger = ledger if ledger is not None else MemoryLedger()
        self._clock = clock
        self.targets = _make_targets(settings, http or HttpDelivery(settings))

    def deliver(self, findings: Sequence[Finding]) -> DeliverySummary:
        """Tells each target what it does not know yet. Hand over all open and lately resolved findings.

        Never raises for a target's failure: it is counted, logged, and tried again in the next run, since
        nothing is taken for told before its target took it.
        """
        if not self.targets:
            return DeliverySummary(targets=[])
        with ThreadPoolExecutor(max_workers=len(self.targets), thread_name_prefix="alerts") as pool:
            parts = list(pool.map(lambda target: self._deliver_to(target, findings), self.targets))
        for part in parts:
            level = log.info if part.refused + part.owed == 0 else log.warning
            level("alerts_delivered", **part.model_dump())
        return DeliverySummary(targets=parts)

    def _deliver_to(self, target: Target, findings: Sequence[Finding]) -> TargetSummary:
        if target.resend:
            return _send_all(target, findings)
        delivered = refused = 0
        error: str | None = None
        now = self._clock()
        due: list[Finding] = []
        try:
            untold = self._ledger.untold(target.name, map(event_key, findings), at=now)
            due = [finding for finding in findings if event_key(finding) in untold]
            for finding in due:
                try:
                    target.send([finding])
                except DeliveryFailed as failure:
                    error = str(failure)
                    if not failure.reachable:
                        break  # it is down: the next finding would only wait as long again
                    refused += 1
                    continue
                delivered += 1
                self._ledger.record(target.name, event_key(finding), at=now)
        except sqlite3.Error as failure:
            # A full disk must not silence the other targets. What was sent but not recorded is sent again.
            error = f"the ledger of deliveries cannot be used ({failure}); check the data folder's disk"
            due = due or list(findings)
        return TargetSummary(
            target=target.name,
            delivered=delivered,
            told_before=len(findings) - len(due),
            refused=refused,
            owed=len(due) - delivered - refused,
            error=error,
        )


def _send_all(target: Target, findings: Sequence[Finding]) -> TargetSummary:
    count = len(findings)
    try:
        if findings:
            target.send(findings)
    except DeliveryFailed as failure:
        return TargetSummary(
            target=target.name,
            delivered=0,
            told_before=0,
            refused=count if failure.reachable else 0,
            owed=0 if failure.reachable else count,
            error=str(failure),
        )
    return TargetSummary(target=target.name, delivered=count, told_before=0, refused=0, owed=0)


def _make_targets(settings: AlertSettings, http: HttpDelivery) -> list[Target]:
    targets: list[Target] = []
    if settings.alertmanager_url is not None:
        targets.append(AlertmanagerTarget(settings.alertmanager_url.get_secret_value(), settings, http))
    targets += [WebhookTarget(webhook, settings, http) for webhook in settings.webhooks]
    targets += [ChatTarget(url.get_secret_value(), settings) for url in settings.chat]
    return targets
