"""Takes away events of apps that keep them for fewer days than the tables do.

The tables drop whole weeks by TTL (``ttl_only_drop_parts``): a part goes when all of its rows are due. A part
holds rows of many apps, so a TTL of each app's own would free nothing before the longest-kept one's is due.
Instead one delete a day hides the app's rows, which the sorting key begins with, and merges leave them out.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from pydantic import BaseModel, ConfigDict

from collector.store import Store
from collector.store.retention import EVENT_TABLES


class ExpirySummary(BaseModel):
    """Rows that were taken away: app -> table -> how many."""

    model_config = ConfigDict(frozen=True)

    expired: dict[str, dict[str, int]]


def expire(store: Store, days_by_app: Mapping[str, int], *, now: datetime) -> ExpirySummary:
    """Deletes events received before the beginning of the day that lies ``days`` days back.

    Whole days, so that a second run on the same day finds nothing to do.

    Raises:
        StoreUnavailable: some may be deleted; run it again.
    """
    expired: dict[str, dict[str, int]] = {}
    for app, days in sorted(days_by_app.items()):
        today = datetime.combine(now.date(), time(), tzinfo=now.tzinfo)
        bound = {"app": app, "before": today - timedelta(days=days)}
        for table in EVENT_TABLES:
            where = "WHERE app = {app:String} AND received_at < {before:DateTime64(3, 'UTC')}"
            rows = int(store.query_sql(f"SELECT count() AS n FROM {table} {where}", bound)[0]["n"])
            if rows:
                store.execute(f"DELETE FROM {store.shards_of(table)} {where}", bound)
                expired.setdefault(app, {})[table] = rows
    return ExpirySummary(expired=expired)
