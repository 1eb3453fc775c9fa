"""How long events are kept: a TTL on the time of receipt, so that a browser's wrong clock deletes nothing."""

from collector.store.columns import COLUMNS
from collector.store.store import Store

EVENT_TABLES = tuple(table for table, columns in COLUMNS.items() if "received_at" in dict(columns))
DEFAULT_DAYS = 90


def apply_retention(store: Store, days: int) -> list[str]:
    """Keeps events of every event table for ``days`` days. Returns the tables it changed; none when set
    before.

    Whole weeks are dropped at once, so a row lives up to six days longer. Shortening takes effect with the
    next merge, in minutes.

    Raises:
        ValueError: fewer than one day.
        StoreError: see ``Store.execute``.
    """
    if days < 1:
        raise ValueError(f"events are kept for at least one day, not {days}")
    changed = []
    for table in EVENT_TABLES:
        target = store.shards_of(table)
        statement = store.query_sql(
            "SELECT create_table_query AS statement FROM system.tables "
            "WHERE database = currentDatabase() AND name = {table:String}",
            {"table": target.partition(" ")[0]},
        )[0]["statement"]
        if f"TTL toDateTime(received_at) + toIntervalDay({days})" not in statement:
            store.execute(f"ALTER TABLE {target} MODIFY TTL toDateTime(received_at) + INTERVAL {days:d} DAY")
            changed.append(table)
    return changed
