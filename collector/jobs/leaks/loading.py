"""The job's first step: reads sessions' memory, releases and findings from the store."""

from collections import defaultdict
from datetime import datetime

import numpy as np
import pyarrow as pa

from collector.contract.finding import Cohort, Finding
from collector.contract.vocabulary import Backend
from collector.jobs.leaks.decision import Observations
from collector.jobs.leaks.finding_rows import from_row
from collector.jobs.leaks.series import SessionSeries, join_points
from collector.jobs.leaks.settings import LeakSettings
from collector.store import Store


def load_observations(
    store: Store, settings: LeakSettings, *, now: datetime, app: str | None
) -> Observations:
    """Loads what ``decide`` needs, for one app or for all.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    releases: dict[str, list[str]] = defaultdict(list)
    for row in store.query("leaks_releases", app=app or ""):
        releases[row["app"]].append(row["release"])
    series: list[SessionSeries] = []
    for name in sorted(releases):
        rows = store.query_table(
            "leaks_series", app=name, since=now - settings.lookback, sessions=settings.judged_sessions
        )
        series += _to_series(name, rows)
    return Observations(series=series, release_order=releases, findings=load_findings(store, app=app))


def load_findings(store: Store, *, app: str | None = None) -> list[Finding]:
    """The newest state of every finding, of one app or of all."""
    return [from_row(row) for row in store.query("findings_newest", app=app or "")]


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
        )
        for row, start, end in zip(
            rows.drop_columns(["points"]).to_pylist(), bounds[:-1], bounds[1:], strict=True
        )
    ]
