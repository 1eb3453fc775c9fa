"""The job's first step: reads sessions' memory, releases and findings from the store."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa

from collector.contract.finding import LEAK_KINDS, Cohort, Finding
from collector.contract.vocabulary import Backend
from collector.jobs import findings
from collector.jobs.leaks.decision import Observations
from collector.jobs.leaks.series import SessionSeries, join_points
from collector.jobs.leaks.settings import LeakSettings
from collector.store.lending import Tables

BATCH_POINTS = 500_000
"""Memory points that are loaded at one time: 28 MB here, and some ten times as much in the engine."""
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
        for sessions in split_sessions(ids, points):
            yield _to_series(app, store.query_table("leaks_series", app=app, since=since, chosen=sessions))


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
    bounds = np.cumsum([0, *points.value_lengths().to_pylist()])
    return [
        join_points(
            Cohort(app=app, model=row["model"], release=row["release"], backend=Backend(row["backend"])),
            row["session"],
            row["last_at"],
            table[start:end],
            device=f"{row['form']}, {row['os']}, {row['browser']}",
            minutes=row["duration_ms"] / 60_000,
        )
        for row, start, end in zip(
            rows.drop_columns(["points"]).to_pylist(), bounds[:-1], bounds[1:], strict=True
        )
    ]
