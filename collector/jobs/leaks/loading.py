"""The job's first step: reads sessions' memory, releases and findings from the store."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import numpy as np
import pyarrow as pa

from collector.contract.finding import LEAK_KINDS, Cohort, Finding
from collector.contract.vocabulary import Backend
from collector.jobs import findings
from collector.jobs.leaks.decision import Observations
from collector.jobs.leaks.joining import join_points
from collector.jobs.leaks.series import SessionSeries
from collector.jobs.leaks.settings import LeakSettings
from collector.store.lending import Tables

BATCH_POINTS = 500_000
"""Memory points of one batch, of which two are here at a time: 28 MB, and ten times as much in the engine."""
BATCH_SESSIONS = 1500
"""Ids of at most 64 characters go as one field, of which ClickHouse reads 128 KiB."""


def load_observations(
    store: Tables, settings: LeakSettings, *, now: datetime, app: str | None
) -> Observations:
    """Loads what ``decide`` needs, for one app or for all; the sessions when they are asked for.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    releases = findings.load_releases(store, app=app)
    batches = _load_sessions(store, settings, sorted(releases), since=now - settings.lookback)
    return Observations(batches=batches, release_order=releases, findings=load_findings(store, app=app))


def load_findings(store: Tables, *, app: str | None = None) -> list[Finding]:
    """The newest state of every leak finding, of one app or of all."""
    return findings.load_findings(store, app=app, kinds=LEAK_KINDS)


def _load_sessions(
    store: Tables, settings: LeakSettings, apps: Iterable[str], *, since: datetime
) -> Iterator[list[SessionSeries]]:
    for app in apps:
        chosen = store.query_table("leaks_sessions", app=app, since=since, sessions=settings.judged_sessions)
        ids, points = (chosen.column(name).to_pylist() for name in ("session", "points"))
        for table in _read_ahead(store, split_sessions(ids, points), app=app, since=since):
            yield _to_series(app, table)


def _read_ahead(
    store: Tables, batches: Iterable[Sequence[str]], *, app: str, since: datetime
) -> Iterator[pa.Table]:
    """The points of each batch of sessions; the engine reads the next one while this one is judged."""

    def read(chosen: Sequence[str]) -> pa.Table:
        return store.query_table("leaks_series", app=app, since=since, chosen=chosen)

    with ThreadPoolExecutor(1, thread_name_prefix="leaks-read-ahead") as reader:
        ahead: Future[pa.Table] | None = None
        for chosen in batches:
            next_one = reader.submit(read, chosen)
            if ahead is not None:
                yield ahead.result()
            ahead = next_one
        if ahead is not None:
            yield ahead.result()


def split_sessions(sessions: Sequence[str], points: Sequence[int]) -> Iterator[Sequence[str]]:
    """Runs of sessions that have few enough points together; one that has more stands alone.

    ``points`` has a count for each of ``sessions``.
    """
    start, total = 0, 0
    for index, count in enumerate(points):
        if index > start and (total + count > BATCH_POINTS or index - start == BATCH_SESSIONS):
            yield sessions[start:index]
            start, total = index, 0
        total += count
    if sessions[start:]:
        yield sessions[start:]


def _to_series(app: str, rows: pa.Table) -> list[SessionSeries]:
    rows = rows.combine_chunks()
    if rows.num_rows == 0:
        return []
    points = rows.column("points").chunk(0)
    # Columnar all the way: a fleet's points as Python tuples would take gigabytes.
    table = np.stack([field.to_numpy(zero_copy_only=False) for field in points.flatten().flatten()], axis=1)
    joined = join_points(table, points.value_lengths().to_pylist())
    return [
        SessionSeries(
            cohort=Cohort(
                app=app, model=row["model"], release=row["release"], backend=Backend(row["backend"])
            ),
            session=row["session"],
            last_at=row["last_at"],
            predictions=one.predictions,
            signals=one.signals,
            device=f"{row['form']}, {row['os']}, {row['browser']}",
            loads=one.loads,
            pace=60_000 * row["made"] / row["duration_ms"] if row["duration_ms"] else 0.0,
        )
        for row, one in zip(rows.drop_columns(["points"]).to_pylist(), joined, strict=True)
    ]
