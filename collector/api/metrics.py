"""Every metric of the collector, declared once: name, kind, help and labels. docs/operations.md explains
each.

The parts count in plain integers and these are read when Prometheus asks, so the hot path pays nothing for
them.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as MetricSource

from collector import __version__
from collector.api.collector import Collector
from collector.ingest.accounting import REPORTS_SET_ASIDE


class Declared(NamedTuple):
    """A metric: what it is called, what it says."""

    kind: type[CounterMetricFamily] | type[GaugeMetricFamily]
    help: str
    labels: tuple[str, ...] = ()


_COUNTER, _GAUGE = CounterMetricFamily, GaugeMetricFamily

METRICS: dict[str, Declared] = {
    "inferfleet_reports_received": Declared(_COUNTER, "Reports that arrived, whatever became of them"),
    "inferfleet_reports": Declared(
        _COUNTER,
        "Reports by outcome: accepted, duplicate or rejected add up to those received",
        ("outcome", "reason"),
    ),
    "inferfleet_reports_after": Declared(
        _COUNTER, "What became of accepted reports: stored, quarantined or set_aside", ("outcome", "reason")
    ),
    "inferfleet_items": Declared(_COUNTER, "Items of reports by outcome", ("outcome", "reason")),
    "inferfleet_items_stored": Declared(_COUNTER, "Items that became rows of the store"),
    "inferfleet_unknown_fields": Declared(
        _COUNTER, "Fields of accepted reports that this version does not know"
    ),
    "inferfleet_reports_under_way": Declared(_GAUGE, "Reports being read or waiting for the disk"),
    "inferfleet_over_budget": Declared(
        _COUNTER, "Reports refused with too_many_requests, by whose budget: key or source", ("budget",)
    ),
    "inferfleet_sources": Declared(
        _GAUGE, "Addresses that have a budget now, bounded by limits.sources_kept"
    ),
    "inferfleet_spool_pending_reports": Declared(_GAUGE, "Acknowledged reports that wait for the store"),
    "inferfleet_spool_pending_bytes": Declared(_GAUGE, "Their size"),
    "inferfleet_spool_max_bytes": Declared(_GAUGE, "The size past which reports are refused with spool_full"),
    "inferfleet_spool_commits": Declared(_COUNTER, "Group commits of the spool"),
    "inferfleet_spool_commit_seconds": Declared(_COUNTER, "Time spent in them"),
    "inferfleet_spool_writable": Declared(_GAUGE, "1 unless the last write to the spool failed"),
    "inferfleet_drain_blocks": Declared(_COUNTER, "Blocks that the drain moved to the store"),
    "inferfleet_drain_insert_seconds": Declared(_COUNTER, "Time spent inserting them"),
    "inferfleet_store_connections_dropped": Declared(
        _COUNTER, "Connections to the store that were closed because a call on them failed"
    ),
    "inferfleet_drain_working": Declared(_GAUGE, "1 unless the last attempt to insert a block failed"),
    "inferfleet_apps": Declared(_GAUGE, "Apps that may report"),
    "inferfleet_apps_age_seconds": Declared(
        _GAUGE, "Seconds since apps and keys were read from the store; -1 when not since the start"
    ),
    # Not "job": Prometheus gives every metric a label of that name, and renames ours.
    "inferfleet_job_runs": Declared(_COUNTER, "Runs of a job", ("name",)),
    "inferfleet_job_failures": Declared(_COUNTER, "Runs that failed", ("name",)),
    "inferfleet_job_seconds": Declared(_COUNTER, "Time spent in a job", ("name",)),
    "inferfleet_job_last_success_timestamp_seconds": Declared(
        _GAUGE, "When a job last ended well, epoch seconds; 0 before the first time", ("name",)
    ),
    "inferfleet_job_interval_seconds": Declared(
        _GAUGE, "How often this collector runs a job; 0 when only somebody else does", ("name",)
    ),
    "inferfleet_alerts_owed": Declared(
        _GAUGE, "Alerts that a target has not taken, tried again with each run of a job", ("target",)
    ),
    "inferfleet_alerts_delivered": Declared(
        _COUNTER, "Deliveries that a target took since the start", ("target",)
    ),
    "inferfleet_disk_free_bytes": Declared(
        _GAUGE, "What this user may still write to the data folder's file system"
    ),
    "inferfleet_disk_size_bytes": Declared(_GAUGE, "The size of that file system"),
    "inferfleet_start_timestamp_seconds": Declared(_GAUGE, "When the collector started, epoch seconds"),
    "inferfleet_build_info": Declared(_GAUGE, "Always 1; the version is in the label", ("version",)),
}


class CollectorMetrics(MetricSource):
    """Reads the collector's counts when Prometheus asks."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector

    def describe(self) -> list[Metric]:
        """The declared metrics, without values."""
        return [_family(name) for name in METRICS]

    def collect(self) -> Iterator[Metric]:
        """The declared metrics with their values now."""
        families = {name: _family(name) for name in METRICS}
        for name, labels, value in self._samples():
            families[name].add_metric([*labels], value)
        yield from families.values()

    def _samples(self) -> Iterator[tuple[str, tuple[str, ...], float]]:
        collector, spool, drain = self._collector, self._collector.spool, self._collector.drain
        yield "inferfleet_reports_received", (), spool.ledger.reports_received
        totals = spool.ledger.totals()
        totals.setdefault(REPORTS_SET_ASIDE, 0)  # a count that appears with its first event has no increase
        for count, n in totals.items():
            if count.unit == "fields":
                yield "inferfleet_unknown_fields", (), n
            elif count.outcome in ("accepted", "duplicate", "rejected"):
                yield f"inferfleet_{count.unit}", (count.outcome, count.reason), n
            elif count.unit == "items":
                yield "inferfleet_items_stored", (), n
            else:
                yield "inferfleet_reports_after", (count.outcome, count.reason), n
        yield "inferfleet_reports_under_way", (), collector.report.under_way
        allowance = collector.report.allowance
        yield "inferfleet_over_budget", ("key",), allowance.of_keys.refused
        yield "inferfleet_over_budget", ("source",), allowance.of_sources.refused
        yield "inferfleet_sources", (), len(allowance.of_sources)
        yield "inferfleet_spool_pending_reports", (), spool.pending_reports
        yield "inferfleet_spool_pending_bytes", (), spool.pending_bytes
        yield "inferfleet_spool_max_bytes", (), collector.settings.spool.max_bytes
        yield "inferfleet_spool_commits", (), spool.commits
        yield "inferfleet_spool_commit_seconds", (), spool.commit_seconds
        yield "inferfleet_spool_writable", (), spool.last_error is None
        yield "inferfleet_drain_blocks", (), drain.blocks
        yield "inferfleet_drain_insert_seconds", (), drain.insert_seconds
        yield "inferfleet_store_connections_dropped", (), collector.store.connections_dropped
        yield "inferfleet_drain_working", (), drain.last_error is None
        yield "inferfleet_apps", (), len(collector.apps)
        read_at = collector.apps.read_at
        yield "inferfleet_apps_age_seconds", (), -1 if read_at is None else time.monotonic() - read_at
        for job, record in collector.jobs.records.items():
            yield "inferfleet_job_runs", (job,), record.runs
            yield "inferfleet_job_failures", (job,), record.failures
            yield "inferfleet_job_seconds", (job,), record.seconds
            yield "inferfleet_job_last_success_timestamp_seconds", (job,), record.last_success
            yield "inferfleet_job_interval_seconds", (job,), collector.intervals.get(job, 0)
        debts = collector.notifier.debts
        for target, owed in debts.owed().items():
            yield "inferfleet_alerts_owed", (target,), owed
        for target, taken in debts.taken().items():
            yield "inferfleet_alerts_delivered", (target,), taken
        with suppress(OSError):  # a folder that is gone must not take the other metrics with it
            disk = os.statvfs(collector.data_folder)
            yield "inferfleet_disk_free_bytes", (), disk.f_bavail * disk.f_frsize
            yield "inferfleet_disk_size_bytes", (), disk.f_blocks * disk.f_frsize
        yield "inferfleet_start_timestamp_seconds", (), collector.started_at
        yield "inferfleet_build_info", (__version__,), 1


def _family(name: str) -> CounterMetricFamily | GaugeMetricFamily:
    declared = METRICS[name]
    return declared.kind(name, declared.help, labels=declared.labels)


def exposition(collector: Collector) -> bytes:
    """Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(CollectorMetrics(collector))
    return generate_latest(registry)
