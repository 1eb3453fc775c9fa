"""The apps that may report: their write keys, origins, sample rate and retention.

The settings declare some (``settings``), the store keeps the others as versions that are only ever added
(``versions``), which makes the table its own audit trail. ``registry`` changes them; ``directory`` is what a
running collector knows of them without asking.
"""

from collector.apps.audit import AuditEntry, AuditTrail
from collector.apps.deletion import DeletionSummary, delete
from collector.apps.directory import AppDirectory
from collector.apps.policy import KnownApp, know, objective_by_app, owner_by_app, retention_by_app
from collector.apps.registry import AppRegistry, check_app
from collector.apps.retention import ExpirySummary, expire
from collector.apps.settings import AccessSettings, AppSettings
from collector.apps.uses import KeyUses
from collector.apps.versions import AppConflict, AppExists, UnknownApp, UnknownWriteKey
from collector.apps.views import AppList, AppView, KeyView, NewApp, NewKey, RemovedApp

__all__ = [
    "AccessSettings",
    "AppConflict",
    "AppDirectory",
    "AppExists",
    "AppList",
    "AppRegistry",
    "AppSettings",
    "AppView",
    "AuditEntry",
    "AuditTrail",
    "DeletionSummary",
    "ExpirySummary",
    "KeyUses",
    "KeyView",
    "KnownApp",
    "NewApp",
    "NewKey",
    "RemovedApp",
    "UnknownApp",
    "UnknownWriteKey",
    "check_app",
    "delete",
    "expire",
    "know",
    "objective_by_app",
    "owner_by_app",
    "retention_by_app",
]
