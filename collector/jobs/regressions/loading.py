"""The job's first step: reads sessions' votes, releases and findings from the store."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from collector.contract.finding import REGRESSION_KINDS
from collector.jobs import findings
from collector.jobs.regressions.decision import Observations
from collector.jobs.regressions.settings import RegressionSettings
from collector.jobs.regressions.votes import Votes
from collector.store.lending import Tables

ATTEMPTS = 3


def load_observations(
    store: Tables, settings: RegressionSettings, *, now: datetime, app: str | None
) -> Observations:
    """Loads what ``decide`` needs, for one app or for all.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    releases = findings.load_releases(store, app=app)
    cells, votes = [], []
    for each in sorted(releases):
        for since, until in _days(now - settings.lookback, now):
            kinds, found = _read(store, settings, app=each, since=since, until=until)
            if found.num_rows:
                votes.append(found)
                cells.append(kinds)
    return Observations(
        votes=Votes.from_tables(_distinct(cells), pa.concat_tables(votes)) if votes else Votes.nothing(),
        release_order=releases,
        findings=findings.load_findings(store, app=app, kinds=REGRESSION_KINDS),
    )


def _read(store: Tables, settings: RegressionSettings, **period: str | datetime) -> tuple[pa.Table, pa.Table]:
    """A period's cells and votes, both empty where there are none. Rows may be deleted between two questions.

    Raises:
        RuntimeError: votes are of cells that are not there, each time.
    """
    for _ in range(ATTEMPTS):
        votes = store.query_table("regressions_votes", votes=settings.votes_per_day, **period)
        if not votes.num_rows:
            return votes, votes
        cells = store.query_table("regressions_cells", **period)
        known = pc.is_in(votes.column("cell"), value_set=cells.column("cell").combine_chunks())
        if pc.all(known, min_count=0).as_py():
            return cells, votes
    raise RuntimeError(f"votes and cells of {period} do not belong together in {ATTEMPTS} attempts")


def _days(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The days in UTC that a period touches, the first and the last cut to it: a vote is of one day."""
    start = since.astimezone(UTC)
    while start < until:
        end = datetime.combine(start.date() + timedelta(days=1), time(), tzinfo=UTC)
        yield start, min(end, until)
        start = end


def _distinct(cells: list[pa.Table]) -> pa.Table:
    whole = pa.concat_tables(cells)
    first = pa.table({"cell": whole.column("cell"), "row": pa.array(range(whole.num_rows))})
    rows = first.group_by("cell").aggregate([("row", "min")]).column("row_min")
    return whole.take(rows)
