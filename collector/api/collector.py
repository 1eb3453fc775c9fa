"""What one collector process is made of, and the order in which it comes up and goes down."""

import asyncio
import sqlite3
import time
from contextlib import ExitStack
from functools import partial
from typing import Literal, Self

import structlog

from collector.alerts import Notifier, SqliteLedger
from collector.api.reports.access import Access
from collector.api.reports.config_etags import ConfigEtags
from collector.api.reports.report import ReportEndpoint
from collector.apps import AppDirectory, AppRegistry, KeyUses
from collector.apps.kept import KeptApps
from collector.ingest.drain import Drain
from collector.ingest.spool import Spool
from collector.models import CanaryRegistry, ModelRegistry
from collector.operations.archive import SPOOL_FILE, settled_spool
from collector.operations.catalogue import ALERTS_LEDGER, Parts
from collector.operations.job_process import JobProcesses
from collector.operations.jobs import JobRunner, Scheduler
from collector.operations.late_store import open_or_await
from collector.operations.owner import DataDir, DataDirUnusable
from collector.remote_config import ConfigService
from collector.settings import Settings

log = structlog.get_logger(__name__)

KEPT_APPS = "apps.json"
FRESH_SECONDS = 5.0
"""How long a job waits for the drain, so that it sees the reports of a moment ago."""


class Collector:
    """The parts of one process: ``open`` makes them, ``start`` sets them going, ``stop`` goes in reverse."""

    def __init__(self, settings: Settings, data_dir: DataDir, url: str) -> None:
        """Opens everything; a part that does not open takes those before it down again."""
        self.settings = settings
        self.url = url
        self.started_at = time.time()
        self.data_folder = data_dir.path
        with ExitStack() as opened:
            opened.callback(data_dir.release)
            self.admin_token = data_dir.admin_token(settings.api.admin_token)
            self.store = open_or_await(settings.dsn, url=url, retention_days=settings.store.retention_days)
            opened.callback(self.store.close)
            self.spool = self._open_spool(data_dir)
            opened.callback(self.spool.close)
            self.drain = Drain(self.spool, self.store, settings.spool)
            uses = KeyUses()
            self.apps = self._open_apps(data_dir, uses)
            self.registry = AppRegistry(self.store, settings.apps, longest_days=settings.store.retention_days)
            self.models = ModelRegistry(
                self.store,
                origins_of=lambda app: self.registry.show(app).origins,
                limits=settings.recommend.limits,
            )
            self.canaries = CanaryRegistry(self.store, origins_of=lambda app: self.registry.show(app).origins)
            self.config = ConfigService(self.store, settings.config, sample_rate=self._sample_rate)
            self.config_etags = ConfigEtags(self.config)
            opened.callback(self.config_etags.close)
            access = Access(self.apps, complete=self.apps.complete, uses=uses)
            self.report = ReportEndpoint(
                self.spool, access, settings.limits, config_etag=self.config_etags.get
            )
            self.apps.when_changed(lambda _: access.replace(self.apps, complete=self.apps.complete))
            self.apps.when_changed(self._refresh_configs)
            self._job_processes = JobProcesses(self.store)
            self.notifier = Notifier(settings.alerts, ledger=SqliteLedger(data_dir.path / ALERTS_LEDGER))
            parts = Parts(
                self.store,
                settings,
                self.config,
                self.notifier,
                self.registry,
                partial(settled_spool, self.drain, self.spool),
                self._job_processes,
            )
            self.jobs = JobRunner(parts, before=lambda: self.drain.catch_up(FRESH_SECONDS))
            self.intervals = self._intervals()
            self.scheduler = Scheduler(self.jobs, self.intervals, first_after=settings.schedule.first_after_s)
            data_dir.announce(url)
            self._stack = opened.pop_all()

    @classmethod
    def open(cls, settings: Settings, *, url: str) -> Self:
        """Takes the data folder and opens store and spool.

        Raises:
            DataDirInUse, DataDirUnusable: the folder belongs to another process, or cannot be written.
            StoreInUse, SchemaOutdated, StoreError: the store; one that only does not answer is tried again
            later.
        """
        return cls(settings, DataDir.own(settings.data_dir), url)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begins to drain and to run jobs; ``loop`` is the one that serves."""
        self._stack.callback(self.drain.stop)
        self.drain.start(loop)
        self._stack.callback(self.apps.stop)
        self.apps.start()
        self._stack.callback(self.scheduler.stop)
        self._stack.callback(self._job_processes.stop)
        self.scheduler.start()

    def stop(self) -> None:
        """Takes everything down in reverse. Idempotent."""
        self._stack.close()

    @property
    def fleet_access(self) -> Literal["open", "loopback", "token"]:
        """Who may see the fleet page: the setting, or by the address that is listened on."""
        if self.settings.api.fleet_access is not None:
            return self.settings.api.fleet_access
        return "loopback" if self.settings.api.host in ("127.0.0.1", "::1", "localhost") else "token"

    def _open_apps(self, data_dir: DataDir, uses: KeyUses) -> AppDirectory:
        settings = self.settings
        kept = KeptApps(data_dir.path / KEPT_APPS, store=str(settings.dsn))
        apps = AppDirectory(self.store, settings.apps, settings.access, kept=kept, uses=uses)
        apps.open()
        return apps

    def _sample_rate(self, app: str) -> float | None:
        known = self.apps.get(app)
        return known.sample_rate if known else None

    def _refresh_configs(self, changed: set[str]) -> None:
        for app in changed:
            self.config.refresh(app)

    def _open_spool(self, data_dir: DataDir) -> Spool:
        path = data_dir.path / SPOOL_FILE
        try:
            return Spool(path, self.settings.spool)
        except sqlite3.OperationalError as error:
            raise DataDirUnusable(f"cannot open the spool {path}: {error}") from error

    def _intervals(self) -> dict[str, float]:
        """Seconds between runs; none when others run the jobs."""
        schedule = self.settings.schedule
        enabled = self.settings.dsn.embedded if schedule.enabled is None else schedule.enabled
        if not enabled:
            return {}
        return {
            "recommend": schedule.recommend_every_s,
            "publish": schedule.publish_every_s,
            "leaks": schedule.leaks_every_s,
            "regressions": schedule.regressions_every_s,
            "expire": schedule.expire_every_s,
        }
