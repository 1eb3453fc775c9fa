"""Deleting what an app's pages reported, or one session of it."""

from datetime import UTC, datetime, timedelta

from collector.apps import AppRegistry, delete
from collector.apps.deletion import hash_session
from collector.store import Store
from collector.store.retention import EVENT_TABLES
from tests.integration.store.rows import NOW, make_rows


def count(store: Store, table: str, app: str, settings: str = "") -> dict[str, int]:
    rows = store.query_sql(
        f"SELECT session, count() AS n FROM {table} WHERE app = {{app:String}} GROUP BY session {settings}",
        {"app": app},
    )
    return {row["session"]: row["n"] for row in rows}


def fill(store: Store, app: str) -> None:
    for table in EVENT_TABLES:
        at = [NOW, NOW - timedelta(days=9)]
        rows = [
            {"app": app, "session": name, "received_at": when} for name in ("mine", "other") for when in at
        ]
        store.insert(table, make_rows(table, *rows))
    for table in ("decisions", "findings", "config_versions"):
        store.insert(table, make_rows(table, {"app": app}))


def test_a_session_is_gone_from_every_table_and_the_disk_and_others_stay(store: Store, app: str) -> None:
    fill(store, app)
    fill(store, f"{app}-2")
    now = datetime.now(UTC)
    assert delete(store, app, "mine", author="ada", note="request 7", now=now) == dict.fromkeys(
        EVENT_TABLES, 2
    )
    for table in EVENT_TABLES:
        assert count(store, table, app, "SETTINGS apply_deleted_mask = 0") == {"other": 2}, table
        assert count(store, table, f"{app}-2") == {"mine": 2, "other": 2}, table
    again = delete(store, app, "mine", author="ada", note="", now=now)
    assert again == dict.fromkeys(EVENT_TABLES, 0)

    trail = AppRegistry(store, {}, longest_days=90).audit(app=app).entries
    entry = next(entry for entry in trail if entry.changes and entry.subject == "data")
    assert (entry.author, entry.note, entry.action) == (
        "ada",
        "request 7",
        f"delete_session {hash_session('mine')[:16]}",
    )
    assert {table: (change.before, change.after) for table, change in entry.changes.items()} == dict.fromkeys(
        EVENT_TABLES, (2, 0)
    )
    assert "mine" not in entry.model_dump_json()


def test_an_app_is_deleted_with_what_was_derived_from_it_and_its_versions_stay(
    store: Store, app: str
) -> None:
    fill(store, app)
    fill(store, f"{app}-2")
    rows = delete(store, app, None, author="ada", note="", now=datetime.now(UTC))
    assert rows == {**dict.fromkeys(EVENT_TABLES, 4), "decisions": 1, "findings": 1}
    for name, left in ((app, 0), (f"{app}-2", 4)):
        for table in EVENT_TABLES:
            assert sum(count(store, table, name).values()) == left, table
    kept = "SELECT count() AS n FROM config_versions WHERE app = {app:String}"
    assert store.query_sql(kept, {"app": app}) == [{"n": 1}]
    assert store.query_sql("SELECT count() AS n FROM decisions WHERE app = {app:String}", {"app": app}) == [
        {"n": 0}
    ]


def test_a_name_is_a_value_and_never_sql(store: Store, app: str) -> None:
    fill(store, app)
    hostile = "x' OR 1=1 --"
    assert set(delete(store, app, hostile, author="ada", note="", now=datetime.now(UTC)).values()) == {0}
    assert set(delete(store, hostile, None, author="ada", note="", now=datetime.now(UTC)).values()) == {0}
    assert count(store, "windows", app) == {"mine": 2, "other": 2}
