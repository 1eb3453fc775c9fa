"""The rows that ``make bench-query`` asks about fit the tables as they are now."""

from benchmarks.query_rows import copy_base, derive_events, draw_base
from collector.store import Store
from collector.store.retention import EVENT_TABLES


def test_the_benchmark_fills_every_event_table(store: Store) -> None:
    draw_base(store, 2_000)
    copy_base(store, range(1))
    derive_events(store)
    for table in EVENT_TABLES:
        assert store.query_sql(f"SELECT count() > 0 AS filled FROM {table}") == [{"filled": True}], table
