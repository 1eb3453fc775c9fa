"""An app that keeps its events for fewer days than the tables do."""

from datetime import UTC, datetime, timedelta

from collector.apps import expire
from collector.store import Store
from collector.store.retention import EVENT_TABLES
from tests.integration.store.rows import make_rows

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
AGES = (1, 6.9, 7.4, 7.6, 20, 80)
"""Days. At noon, seven days back begin 7.5 days ago."""


def ages(store: Store, table: str, app: str) -> list[float]:
    rows = store.query_sql(
        f"SELECT received_at FROM {table} WHERE app = {{app:String}} ORDER BY received_at DESC", {"app": app}
    )
    return [round((NOW - row["received_at"]) / timedelta(days=1), 1) for row in rows]


def test_its_old_events_go_those_of_others_stay_and_a_second_run_finds_nothing(
    store: Store, app: str
) -> None:
    other = f"{app}-2"
    for name in (app, other):
        for table in EVENT_TABLES:
            times = [{"app": name, "received_at": NOW - timedelta(days=age)} for age in AGES]
            store.insert(table, make_rows(table, *times))
    summary = expire(store, {app: 7}, now=NOW)
    assert summary.expired == {app: dict.fromkeys(EVENT_TABLES, 3)}
    for table in EVENT_TABLES:
        assert ages(store, table, app) == [1, 6.9, 7.4], table
        assert ages(store, table, other) == list(AGES), table
    assert expire(store, {app: 7}, now=NOW + timedelta(hours=11)).expired == {}
    assert expire(store, {}, now=NOW).expired == {}


def test_what_is_deleted_is_gone_from_the_disk_after_a_merge(store: Store, app: str) -> None:
    times = [{"app": app, "received_at": NOW - timedelta(days=20), "session": f"s{n}"} for n in range(100)]
    store.insert("incidents", make_rows("incidents", *times))
    expire(store, {app: 7}, now=NOW)
    store.execute("OPTIMIZE TABLE incidents FINAL")
    masked = store.query_sql(
        "SELECT count() AS n FROM incidents WHERE app = {app:String} SETTINGS apply_deleted_mask = 0",
        {"app": app},
    )
    assert masked == [{"n": 0}]
