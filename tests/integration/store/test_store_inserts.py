"""Inserts and queries: every type comes back as it went in, a token counts once, threads share one store."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from collector.store import SCHEMAS, SchemaOutdated, Store, StoreError
from collector.store.client import PINNED_SETTINGS
from collector.store.metadata import NEWEST_WINS
from tests.integration.store.rows import NOW, make_rows


@pytest.mark.parametrize("table", list(SCHEMAS))
def test_a_row_comes_back_as_it_went_in(store: Store, app: str, table: str) -> None:
    rows = make_rows(table, {"app": app})
    assert store.insert(table, rows, token=app) == 1
    assert (
        store.query_sql(f"SELECT * FROM {table} WHERE app = {{app:String}}", {"app": app}) == rows.to_pylist()
    )


def test_absent_values_come_back_absent(store: Store, app: str) -> None:
    absent = dict.fromkeys(("backend_init_ms", "first_prediction_ms", "download_bytes", "cache_hit"))
    rows = make_rows("loads", {"app": app, **absent, "fallback_backends": []})
    store.insert("loads", rows, token=app)
    assert store.query_sql("SELECT * FROM loads WHERE app = {app:String}", {"app": app}) == rows.to_pylist()


def test_columns_come_back_as_arrow(store: Store, app: str) -> None:
    store.insert("windows", make_rows("windows", {"app": app}, {"app": app}), token=app)
    table = store.query_table(
        "windows_quantiles", app=app, since=NOW - timedelta(hours=1), until=NOW + timedelta(hours=1)
    )
    assert isinstance(table, pa.Table)
    assert table.column("predictions").to_pylist() == [28]


@pytest.mark.parametrize("table", list(SCHEMAS))
def test_a_repeated_token_stores_nothing_more(store: Store, app: str, table: str) -> None:
    rows = make_rows(table, {"app": app}, {"app": app})
    for _ in range(3):
        store.insert(table, rows, token=f"{app}-once")
    count = store.query_sql(f"SELECT count() AS n FROM {table} WHERE app = {{app:String}}", {"app": app})
    # ReplacingMergeTree folds the two rows of one key within the block itself.
    assert count == [{"n": 1 if table in NEWEST_WINS else 2}]


def test_a_token_covers_a_block_that_spans_partitions(store: Store, app: str) -> None:
    rows = make_rows("incidents", *({"app": app, "received_at": NOW - timedelta(weeks=n)} for n in range(5)))
    for _ in range(2):
        store.insert("incidents", rows, token=app)
    assert store.query_sql("SELECT count() AS n FROM incidents WHERE app = {app:String}", {"app": app}) == [
        {"n": 5}
    ]


def test_an_insert_is_one_part_a_week_however_many_chunks_its_rows_come_in(store: Store, app: str) -> None:
    """Each chunk would be a block under a token of its own: a repetition in other chunks would lose rows."""
    weeks = (NOW, NOW - timedelta(weeks=1))
    rows = make_rows(
        "loads", *({"app": app, "session": str(n), "received_at": weeks[n % 2]} for n in range(20))
    )
    first, rest = rows.slice(0, 10), rows.slice(10)
    cut = pa.concat_tables([first, *(rest.slice(n, 1) for n in range(10))])
    whole = pa.concat_tables([rest, first])
    for chunks in (cut, whole):
        store.insert("loads", chunks, token=f"{app}-chunks")
        assert store.query_sql(
            "SELECT uniqExact(session) AS rows, uniqExact(_part) AS parts FROM loads "
            "WHERE app = {app:String}",
            {"app": app},
        ) == [{"rows": 20, "parts": 2}]


def test_equal_rows_without_a_token_are_stored_each_time(store: Store, app: str) -> None:
    for _ in range(2):
        store.insert("incidents", make_rows("incidents", {"app": app}))
    assert store.query_sql("SELECT count() AS n FROM incidents WHERE app = {app:String}", {"app": app}) == [
        {"n": 2}
    ]


def test_equal_rows_under_two_tokens_are_stored_twice(store: Store, app: str) -> None:
    for token in ("a", "b"):
        store.insert("incidents", make_rows("incidents", {"app": app}), token=f"{app}-{token}")
    assert store.query_sql("SELECT count() AS n FROM incidents WHERE app = {app:String}", {"app": app}) == [
        {"n": 2}
    ]


def test_rows_that_do_not_fit_the_table_are_refused_by_name(store: Store, app: str) -> None:
    rows = make_rows("drops", {"app": app})
    with pytest.raises(StoreError, match="no table 'dropped'"):
        store.insert("dropped", rows)
    with pytest.raises(StoreError, match=r"missing \['count'\], unknown \['total'\]"):
        store.insert("drops", rows.rename_columns([*rows.column_names[:-1], "total"]))
    with pytest.raises(StoreError, match=r"drops\.count is uint32, not int64"):
        store.insert("drops", rows.set_column(5, "count", pa.array([1], pa.int64())))
    with pytest.raises(StoreError, match=r"drops\.reason may not be null"):
        store.insert("drops", rows.set_column(4, "reason", pa.array([None], pa.string())))
    assert store.query_sql("SELECT count() AS n FROM drops WHERE app = {app:String}", {"app": app}) == [
        {"n": 0}
    ]


def test_no_rows_are_no_insert(store: Store) -> None:
    assert store.insert("drops", SCHEMAS["drops"].empty_table(), token="empty") == 0


def test_parameters_are_bound_by_the_engine_and_never_parsed_as_sql(store: Store, app: str) -> None:
    hostile = "'; DROP TABLE drops; --"
    store.insert("drops", make_rows("drops", {"app": app, "session": hostile}), token=app)
    rows = store.query_sql(
        "SELECT session FROM drops WHERE app = {app:String} AND session IN {names:Array(String)}",
        {"app": app, "names": [hostile, *(f"session-{n}" for n in range(5_000))]},
    )
    assert rows == [{"session": hostile}]


def test_times_are_bound_to_the_millisecond_and_come_back_in_utc(store: Store, app: str) -> None:
    store.insert("drops", make_rows("drops", {"app": app}), token=app)
    sql = "SELECT received_at FROM drops WHERE app = {app:String} AND received_at = {at:DateTime64(3, 'UTC')}"
    elsewhere = NOW.astimezone(tz=None)
    rows = store.query_sql(sql, {"app": app, "at": elsewhere})
    assert rows == [{"received_at": NOW}]
    assert rows[0]["received_at"].utcoffset() == timedelta(0)
    assert store.query_sql(sql, {"app": app, "at": NOW + timedelta(milliseconds=1)}) == []
    with pytest.raises(StoreError, match="time without a zone"):
        store.query_sql(sql, {"app": app, "at": datetime(2026, 1, 1)})  # noqa: DTZ001


def test_the_machines_time_zone_changes_no_answer(store: Store) -> None:
    assert store.query_sql("SELECT toString(toDateTime(0)) AS t, toHour(toDateTime(0)) AS h") == [
        {"t": "1970-01-01 00:00:00", "h": 0}
    ]
    now = store.query_sql("SELECT now() AS n")[0]["n"]
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=60)


def test_a_wrong_query_is_an_error_and_an_unknown_table_an_old_schema(store: Store) -> None:
    with pytest.raises(StoreError, match="Syntax error") as wrong:
        store.query_sql("SELEC 1")
    assert wrong.value.code == 62
    with pytest.raises(SchemaOutdated, match="inferfleet migrate"):
        store.query_sql("SELECT * FROM not_there")
    with pytest.raises(StoreError, match="no query named 'nothing'"):
        store.query("nothing")


def test_threads_share_a_store(store: Store, app: str) -> None:
    def work(worker: int) -> int:
        seen = 0
        for step in range(5):
            store.insert("drops", make_rows("drops", {"app": app}), token=f"{app}-{worker}-{step}")
            rows = store.query_sql("SELECT {worker:UInt32} AS w, sleep(0.01)", {"worker": worker})
            seen += rows[0]["w"] == worker
        return seen

    with ThreadPoolExecutor(12) as threads:
        assert list(threads.map(work, range(12))) == [5] * 12
    assert store.query_sql("SELECT count() AS n FROM drops WHERE app = {app:String}", {"app": app}) == [
        {"n": 60}
    ]


def test_every_query_runs_with_the_pinned_settings_whatever_the_engine_defaults_to(store: Store) -> None:
    rows = store.query_sql(
        "SELECT name, value FROM system.settings WHERE name IN {names:Array(String)}",
        {"names": list(PINNED_SETTINGS)},
    )
    assert {row["name"]: row["value"] for row in rows} == {
        name: str(v) for name, v in PINNED_SETTINGS.items()
    }
