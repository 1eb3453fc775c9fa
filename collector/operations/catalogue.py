"""What an operator can have done: the jobs and the acts on a config, each by name.

The collector runs them on its schedule and for its admin endpoint; the command line runs the same ones itself
when nobody owns the store. Jobs know nothing of one another, so what the end of one means for the rest (a new
config to serve, findings to deliver) is composed here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from collector.alerts import DeliverySummary, Notifier, SqliteLedger
from collector.apps import (
    AppRegistry,
    DeletionSummary,
    ExpirySummary,
    delete,
    expire,
    objective_by_app,
    owner_by_app,
    retention_by_app,
)
from collector.apps.traces import apps_with_data, has_traces
from collector.contract.wire_model import RandomId
from collector.jobs import leaks, publish, recommend, regressions
from collector.jobs.leaks import LeakExplanation, LeakSummary
from collector.jobs.publish import ConfigVersion, PublishSummary
from collector.jobs.recommend import DecisionRecord, RecommendSummary
from collector.jobs.regressions import RegressionSummary
from collector.mistakes import name_some
from collector.operations import archive
from collector.operations.job_process import RunJob, run_here
from collector.operations.named_urls import NamedUrls, named_urls
from collector.remote_config import ConfigService
from collector.settings import Settings
from collector.store import Store, open_store

T = TypeVar("T")

BY_SCHEDULE = "job"
BY_ADMIN = "admin"
ALERTS_LEDGER = "alerts.sqlite"


class BadCall(ValueError):
    """The operation was asked for with arguments that do not fit; the message says which."""


class UnknownAppName(BadCall):
    """There is no such app: a typing mistake must not look like a success."""

    def __init__(self, app: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no app {app!r}; the apps are: {name_some(sorted(known))}")


class Call(BaseModel):
    """An operation's arguments; each uses those it needs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    app: str | None = None
    model: str | None = None
    device_class: str | None = None
    finding: str | None = Field(default=None, max_length=64)
    version: int | None = Field(default=None, ge=0)
    days: int | None = Field(default=None, ge=0, le=3650)
    session: RandomId | None = None
    folder: str | None = Field(default=None, max_length=4096)
    note: str = Field(default="", max_length=500)
    author: str = BY_ADMIN


class LeaksAndDelivery(LeakSummary):
    """A run of ``leaks``, with what became of its findings."""

    delivery: DeliverySummary


class RegressionsAndDelivery(RegressionSummary):
    """A run of ``regressions``, with what became of its findings."""

    delivery: DeliverySummary


class Explanation(BaseModel):
    """Decision records, by device class, and all of them as text."""

    text: str
    records: dict[str, DecisionRecord]


class Documents(BaseModel):
    """An app's signed config documents, by device class."""

    documents: dict[str, str]


class Parts(NamedTuple):
    """What operations work on."""

    store: Store
    settings: Settings
    config: ConfigService
    notifier: Notifier
    registry: AppRegistry
    settled_spool: archive.SettledSpool
    run_job: RunJob


@contextmanager
def open_parts(settings: Settings) -> Iterator[Parts]:
    """The parts, over a store of one's own.

    Raises:
        StoreInUse: a collector owns the embedded engine; ask it instead.
        StoreError: see ``open_store``.
    """
    with open_store(settings.dsn, beside_reports=False) as store:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        notifier = Notifier(settings.alerts, ledger=SqliteLedger(settings.data_dir / ALERTS_LEDGER))
        registry = AppRegistry(store, settings.apps, longest_days=settings.store.retention_days)
        known_apps = cache(registry.known)  # read once: a command is over in a moment

        def sample_rate(app: str) -> float | None:
            known = known_apps().get(app)
            return known.sample_rate if known else None

        config = ConfigService(store, settings.config, sample_rate=sample_rate)
        idle_spool = partial(archive.idle_spool, settings, store)
        yield Parts(store, settings, config, notifier, registry, idle_spool, run_here(store))


Operation = Callable[[Parts, Call], BaseModel]


def _recommend(parts: Parts, call: Call) -> RecommendSummary:
    return parts.run_job(
        recommend.run,
        parts.settings.recommend,
        now=datetime.now(UTC),
        app=call.app,
        objectives=objective_by_app(parts.registry.known()),
    )


def _publish(parts: Parts, call: Call) -> PublishSummary:
    author, note = _signature(parts, call)
    summary = parts.run_job(
        publish.run, parts.settings.publish, now=datetime.now(UTC), app=call.app, author=author, note=note
    )
    parts.config.refresh(call.app)
    return summary


def _leaks(parts: Parts, call: Call) -> LeaksAndDelivery:
    summary = parts.run_job(leaks.run, parts.settings.leaks, now=datetime.now(UTC), app=call.app)
    owners = owner_by_app(parts.registry.known())
    delivery = parts.notifier.deliver(summary.findings, owners=owners)
    return LeaksAndDelivery(**dict(summary), delivery=delivery)


def _regressions(parts: Parts, call: Call) -> RegressionsAndDelivery:
    summary = parts.run_job(regressions.run, parts.settings.regressions, now=datetime.now(UTC), app=call.app)
    owners = owner_by_app(parts.registry.known())
    delivery = parts.notifier.deliver(summary.findings, owners=owners)
    return RegressionsAndDelivery(**dict(summary), delivery=delivery)


def _expire(parts: Parts, call: Call) -> ExpirySummary:
    days = retention_by_app(parts.registry.known(), default_days=parts.settings.store.retention_days)
    wanted = {app: kept for app, kept in days.items() if call.app in (None, app)}
    return expire(parts.store, wanted, now=datetime.now(UTC))


def _explain(parts: Parts, call: Call) -> Explanation:
    model = _required(call.model, "model")
    decisions = recommend.newest_decisions(parts.store, _app(call), model, call.device_class)
    records = {decision.record.device_class: decision.record for decision in decisions}
    return Explanation(text=recommend.describe(decisions), records=records)


def _explain_leak(parts: Parts, call: Call) -> LeakExplanation:
    return leaks.explain_leak(parts.store, _required(call.finding, "finding"))


def _rollback(parts: Parts, call: Call) -> ConfigVersion:
    version = _required(call.version, "version")
    author, note = _signature(parts, call)
    now = datetime.now(UTC)
    made = publish.rollback(parts.store, _app(call), version, author=author, note=note, now=now)
    return _act(parts, call, made)


def _kill(parts: Parts, call: Call) -> ConfigVersion:
    author, note = _signature(parts, call)
    now = datetime.now(UTC)
    return _act(parts, call, publish.kill(parts.store, _app(call), author=author, note=note, now=now))


def _enable(parts: Parts, call: Call) -> ConfigVersion:
    author, note = _signature(parts, call)
    now = datetime.now(UTC)
    return _act(parts, call, publish.enable(parts.store, _app(call), author=author, note=note, now=now))


def _documents(parts: Parts, call: Call) -> Documents:
    documents = parts.config.documents(_app(call))
    return Documents(documents={key: document.body.decode() for key, document in documents.items()})


def _named_urls(parts: Parts, call: Call) -> NamedUrls:
    since = datetime.now(UTC) - timedelta(days=_required(call.days, "days"))
    return named_urls(parts.store, _app(call), since)


def _backup(parts: Parts, call: Call) -> archive.BackupSummary:
    folder = Path(_required(call.folder, "folder"))
    if not folder.is_absolute():
        raise BadCall("folder is an absolute path on the collector's machine")
    with parts.settled_spool(drained=False) as spool:
        return archive.back_up(parts.store, spool, folder)


def _delete(parts: Parts, call: Call) -> DeletionSummary:
    app = _app(call)
    author, note = _signature(parts, call)
    with parts.settled_spool(drained=True) as spool:
        require_app(parts, app)  # not before: all that the store will know of it may have waited in the spool
        rows = delete(parts.store, app, call.session, author=author, note=note, now=datetime.now(UTC))
        quarantined = archive.forget_quarantined(spool, app, call.session) if spool is not None else 0
    return DeletionSummary(app=app, session=call.session, rows=rows, quarantined=quarantined)


def _of_known_app(operation: Operation) -> Operation:
    """The operation, for an app that there is or of which the store holds anything."""

    def checked(parts: Parts, call: Call) -> BaseModel:
        if call.app is not None:
            require_app(parts, call.app)
        return operation(parts, call)

    return checked


def require_app(parts: Parts, app: str) -> None:
    """Passes when there is such an app, or the store still has what one of this name reported or was given.

    Raises:
        UnknownAppName: neither.
    """
    known = parts.registry.known()
    if app not in known and not has_traces(parts.store, app):
        raise UnknownAppName(app, known.keys() | apps_with_data(parts.store))


_ANY_APP: Mapping[str, Operation] = {
    "recommend": _recommend,
    "publish": _publish,
    "leaks": _leaks,
    "regressions": _regressions,
    "expire": _expire,
    "explain": _explain,
    "explain_leak": _explain_leak,
    "rollback": _rollback,
    "kill": _kill,
    "enable": _enable,
    "documents": _documents,
    "named_urls": _named_urls,
    "backup": _backup,
    "delete": _delete,
}
OPERATIONS: Mapping[str, Operation] = {
    name: act if name == "delete" else _of_known_app(act) for name, act in _ANY_APP.items()
}


def _act(parts: Parts, call: Call, version: ConfigVersion) -> ConfigVersion:
    parts.config.refresh(call.app)
    return version


def _signature(parts: Parts, call: Call) -> tuple[str, str]:
    """Who asked and why, as the audit trail takes them."""
    return parts.registry.check_signature(call.author, call.note)


def _app(call: Call) -> str:
    return _required(call.app, "app")


def _required(value: T | None, name: str) -> T:
    if value is None:
        raise BadCall(f"{name} is missing")
    return value
