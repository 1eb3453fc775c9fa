"""Tells findings: Alertmanager, webhooks, chat. Jobs never import this; ``api`` and ``cli`` compose them."""

from collector.alerts.ledger import Ledger, MemoryLedger, SqliteLedger
from collector.alerts.notifier import Notifier
from collector.alerts.settings import AlertSettings, WebhookSettings
from collector.alerts.summary import DeliverySummary, TargetSummary
from collector.alerts.trial import Trial, try_targets

__all__ = [
    "AlertSettings",
    "DeliverySummary",
    "Ledger",
    "MemoryLedger",
    "Notifier",
    "SqliteLedger",
    "TargetSummary",
    "Trial",
    "WebhookSettings",
    "try_targets",
]
