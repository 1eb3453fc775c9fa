"""Traces on a real engine: reports in, an explanation out."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.contract.finding import Cohort, Finding, FindingKind, FindingState, Severity
from collector.ingest.columns import to_tables
from collector.jobs.findings import to_table
from collector.jobs.leaks import UnknownFinding, explain_leak
from collector.store import Store, open_store
from collector.store.migrate import upgrade
from collector.store.retention import EVENT_TABLES, apply_retention
from tests.unit.ingest.reports import a_leak_trace, a_report, batch, now_ms

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    dsn = f"chdb://{tmp_path / 'engine'}"
    upgrade(dsn)
    with open_store(dsn) as opened:
        yield opened


def report(store: Store, session: str, *traces: dict[str, object], release: str = "1.0.0") -> None:
    sent = a_report(
        windows=[],
        batch_id=uuid.uuid4().hex[:22],
        session=session.ljust(22, "s"),
        release=release,
        leak_traces=list(traces),
    )
    for name, table in to_tables(batch((sent["sent_at"], sent))).items():
        store.insert(name, table)


def a_finding(model: str = "blazeface") -> Finding:
    return Finding(
        kind=FindingKind.TENSOR_LEAK,
        cohort=Cohort(app="demo", model=model, release="1.0.0", backend="webgl"),
        state=FindingState.OPEN,
        severity=Severity.WARNING,
        opened_at=NOW,
        updated_at=NOW,
        summary="It leaks.",
        evidence={},
    )


def test_the_newest_trace_of_each_session_counts(store: Store) -> None:
    finding = a_finding()
    store.insert("findings", to_table([finding]))
    earlier = a_leak_trace(at=now_ms() - 60_000, predictions=60)
    report(store, "a", earlier, a_leak_trace(predictions=200))
    report(store, "b", earlier)
    report(store, "b", a_leak_trace(predictions=500, sites=[]))  # what had stayed was let go of
    report(store, "other-release", a_leak_trace(), release="0.9.0")
    report(store, "other-backend", a_leak_trace(backend="cpu"))
    explained = explain_leak(store, finding.finding_id[:8])
    assert explained.finding == finding
    assert (explained.traced, explained.growing) == (2, 1)
    [site] = explained.sites
    assert (site.sessions, site.count, site.predictions) == (1, 80, 80)
    assert site.frames[0].column == 14858


def test_an_id_that_is_none_is_told(store: Store) -> None:
    with pytest.raises(UnknownFinding, match="there is no finding 'abcd1234'"):
        explain_leak(store, "abcd1234")


def test_traces_expire_as_other_events_do(store: Store) -> None:
    assert "leak_traces" in EVENT_TABLES
    assert "leak_traces" in apply_retention(store, 30)
