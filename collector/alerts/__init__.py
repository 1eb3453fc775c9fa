"""Tells findings: Alertmanager, webhooks, chat. Jobs never import this; ``api`` and ``cli`` compose them."""

from collector.alerts.ledger import Ledger, MemoryLedger, SqliteLedger
from collector.alerts.notifier import Notifier
from collector.alerts.settings import AlertSettings, WebhookSettings
from collector.alerts.summary import DeliverySummary, TargetSummary

__all__ = [
    "AlertSettings",
    "DeliverySummary",
    "Ledger",
    "MemoryLedger",
    "Notifier",
    "SqliteLedger",
    "TargetSummary",
    "WebhookSettings",
]
