"""An app that was removed is known for as long as the store has anything of it."""

import pytest

from collector.apps.traces import DATA_TABLES, KEPT_TABLES, apps_with_data, has_traces
from collector.store import Store
from tests.integration.store.rows import make_rows


@pytest.mark.parametrize("table", [*DATA_TABLES, *KEPT_TABLES])
def test_a_row_in_any_one_table_is_a_trace(store: Store, app: str, table: str) -> None:
    name = f"{app}-{table}".replace("_", "-")
    assert not has_traces(store, name)
    store.insert(table, make_rows(table, {"app": name}))
    assert has_traces(store, name)
    assert not has_traces(store, f"{name}-2")
    assert (name in apps_with_data(store)) is (table in DATA_TABLES)


def test_every_table_that_has_an_app_is_asked_or_holds_nothing_that_is_deleted(store: Store) -> None:
    rows = store.query_sql(
        "SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'app'"
    )
    apart = {"key_uses", "models", "variants", "deletions"}  # of configs, keys and the audit trail
    assert {row["table"] for row in rows} == {*DATA_TABLES, *KEPT_TABLES, *apart}
