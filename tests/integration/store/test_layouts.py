"""SQL for a cluster and for Cloud: from the same revisions, and ClickHouse's own parser takes all of it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from collector.store import Store, client, open_store
from collector.store.columns import COLUMNS
from collector.store.layouts import Layout, statements
from collector.store.retention import EVENT_TABLES

CLUSTER = """<clickhouse><remote_servers><fleet>
<shard><replica><host>127.0.0.1</host><port>9</port></replica></shard>
<shard><replica><host>127.0.0.1</host><port>8</port></replica></shard>
</fleet></remote_servers></clickhouse>"""


def normal(store: Store, statement: str) -> str:
    """As ClickHouse writes it; raises when it cannot be read."""
    rows = store.query_sql(
        "SELECT formatQuerySingleLine({statement:String}) AS text", {"statement": statement}
    )
    return str(rows[0]["text"])


@pytest.mark.parametrize("layout", Layout)
def test_every_statement_is_sql_for_every_table(store: Store, layout: Layout) -> None:
    made = [normal(store, statement) for statement in statements(layout, cluster="fleet")]
    tables = {found[1] for text in made if (found := re.match(r"CREATE TABLE IF NOT EXISTS (\w+) ", text))}
    assert tables >= COLUMNS.keys() | {"alembic_version"}


def test_a_cluster_has_replicated_shards_of_events_and_whole_copies_of_the_rest(store: Store) -> None:
    made = {
        found[1]: text
        for text in (normal(store, statement) for statement in statements(Layout.CLUSTER, cluster="fleet"))
        if (found := re.match(r"CREATE TABLE IF NOT EXISTS (\w+) ON CLUSTER fleet ", text))
    }
    for table in EVENT_TABLES:
        assert "Distributed(fleet, currentDatabase(), " + table + "_local, sipHash64(session))" in made[table]
        path = "'/clickhouse/tables/{database}/" + table + "_local/{shard}', '{replica}'"
        assert f"ENGINE = ReplicatedMergeTree({path})" in made[f"{table}_local"]
        assert " replicated_deduplication_window = 10000" in made[f"{table}_local"]
    for table in COLUMNS.keys() - set(EVENT_TABLES):
        assert f"/{table}/all', '{{shard}}-{{replica}}'" in made[table]
        assert "Distributed" not in made[table]
    assert "'{shard}-{replica}', updated_at)" in made["findings"]


def test_cloud_gets_plain_engines_and_no_settings_of_a_disk(store: Store) -> None:
    text = " ".join(normal(store, statement) for statement in statements(Layout.CLOUD))
    assert not re.search(r"Replicated|Distributed|fsync|deduplication_window|old_parts|ON CLUSTER", text)
    assert "ttl_only_drop_parts = 1" in text


def test_a_server_gets_what_migrate_makes(store: Store) -> None:
    for statement in statements(Layout.SERVER):
        named = re.match(r"(CREATE TABLE IF NOT EXISTS|ALTER TABLE) (\w+)\s", statement)
        if named is not None and named[2] in COLUMNS:
            store.execute(statement.replace(f" {named[2]}", f" scratch_{named[2]}", 1))
    for table in COLUMNS:
        made, wanted = (
            store.query_sql(f"SHOW CREATE TABLE {name}")[0]["statement"].partition("(")[2]
            for name in (f"scratch_{table}", table)
        )
        store.execute(f"DROP TABLE scratch_{table}")
        assert made == wanted, table


def test_a_cluster_name_is_a_name() -> None:
    with pytest.raises(ValueError, match="letters, digits and _"):
        statements(Layout.CLUSTER, cluster="x' --")


def test_what_rewrites_rows_of_a_distributed_table_goes_to_its_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "cluster.xml"
    config.write_text(CLUSTER)
    monkeypatch.setattr(client, "ENGINE_CONFIG", config)
    with open_store(f"chdb://{tmp_path / 'engine'}", check_schema=False) as store:
        store.execute("CREATE TABLE plain (session String) ENGINE = MergeTree ORDER BY session")
        store.execute(
            "CREATE TABLE windows (session String) "
            "ENGINE = Distributed('fleet', currentDatabase(), 'windows_local', sipHash64(session))"
        )
        assert store.shards_of("plain") == "plain"
        assert store.shards_of("windows") == "windows_local ON CLUSTER fleet"


def test_a_new_column_of_a_cluster_is_for_each_shards_rows_first_and_then_for_the_whole() -> None:
    changes = [text for text in statements(Layout.CLUSTER, cluster="fleet") if text.startswith("ALTER")]
    tables = [
        found[1] for text in changes if (found := re.match(r"ALTER TABLE (\w+) ON CLUSTER fleet\s", text))
    ]
    assert len(tables) == len(changes)
    for table in EVENT_TABLES:
        if table in tables:
            assert tables.index(f"{table}_local") < tables.index(table)
    assert {"windows", "windows_local", "stages", "stages_local"} <= set(tables)
    plain = [text for text in statements(Layout.CLOUD) if text.startswith("ALTER")]
    own = [table for table in tables if table.endswith("_local")]
    assert {f"{table}_local" for table in set(EVENT_TABLES) & set(tables)} == set(own)
    assert len(plain) == len(changes) - len(own)
    assert tables.count("app_versions") == 2  # objective and owner; whole on every node
    assert not any("ON CLUSTER" in text for text in plain)


def test_a_process_that_does_nothing_else_shows_a_layout() -> None:
    """In this one, other tests have already imported what Alembic needs to know the dialect."""
    shown = subprocess.run(
        [sys.executable, "-m", "collector.cli", "migrate", "--show", "cloud"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert shown.returncode == 0, shown.stderr
    assert "CREATE TABLE IF NOT EXISTS windows" in shown.stdout
