"""Turns decisions into immutable config versions: ``run``, ``rollback``, ``kill``, ``enable``."""

from collector.jobs.publish.actions import enable, kill, rollback
from collector.jobs.publish.job import Publication, PublishSummary, run
from collector.jobs.publish.settings import PublishSettings
from collector.jobs.publish.size import DocumentTooLarge
from collector.jobs.publish.versions import ConfigVersion, UnknownVersion, VersionConflict

__all__ = [
    "ConfigVersion",
    "DocumentTooLarge",
    "Publication",
    "PublishSettings",
    "PublishSummary",
    "UnknownVersion",
    "VersionConflict",
    "enable",
    "kill",
    "rollback",
    "run",
]
