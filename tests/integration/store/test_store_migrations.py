"""Migrations: the same on every engine, repeatable, repairable, in agreement with the declared columns."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from collector.store import SchemaOutdated, Store, open_store
from collector.store.columns import COLUMNS
from collector.store.dsn import Dsn
from collector.store.metadata import metadata
from collector.store.migrate import connection, current, downgrade, head, upgrade


def created(store: Store) -> dict[str, str]:
    """Each table's CREATE statement, without the database's name."""
    return {
        table: store.query_sql(f"SHOW CREATE TABLE {table}")[0]["statement"].replace(
            f"{store.dsn.database}.", ""
        )
        for table in COLUMNS
    }


def test_a_store_without_tables_says_which_command_makes_them(dsn: str) -> None:
    with pytest.raises(SchemaOutdated, match="inferfleet migrate"):
        open_store(dsn)


def test_upgrade_makes_exactly_the_declared_columns(dsn: str) -> None:
    assert upgrade(dsn) == head() == current(dsn)
    with open_store(dsn) as store:
        for table, columns in COLUMNS.items():
            rows = store.query_sql(
                "SELECT name, type FROM system.columns "
                "WHERE database = currentDatabase() AND table = {table:String} ORDER BY position",
                {"table": table},
            )
            assert [(row["name"], row["type"]) for row in rows] == list(columns), table


def test_upgrade_again_changes_nothing(dsn: str) -> None:
    upgrade(dsn)
    with open_store(dsn) as store:
        before = created(store)
    assert upgrade(dsn) == head()
    with open_store(dsn) as store:
        assert created(store) == before


def test_autogenerate_sees_no_drift_between_declared_and_migrated_tables(dsn: str) -> None:
    upgrade(dsn)
    with connection(Dsn.parse(dsn)) as sql:
        context = MigrationContext.configure(sql, opts={"compare_type": True})
        assert compare_metadata(context, metadata()) == []


def test_autogenerate_would_see_a_column_that_no_revision_makes(dsn: str) -> None:
    upgrade(dsn)
    with open_store(dsn) as store:
        store.execute("ALTER TABLE drops ADD COLUMN surprise UInt8")
    with connection(Dsn.parse(dsn)) as sql:
        differences = compare_metadata(MigrationContext.configure(sql), metadata())
    with open_store(dsn) as store:
        store.execute("ALTER TABLE drops DROP COLUMN surprise")
    assert [difference[0] for difference in differences] == ["remove_column"]


def test_downgrade_leads_back_revision_by_revision(dsn: str) -> None:
    upgrade(dsn)
    assert downgrade(dsn, "0003") == "0003"
    with pytest.raises(
        SchemaOutdated, match=f"at revision 0003, this version needs {head()}: run `inferfleet"
    ):
        open_store(dsn)
    assert downgrade(dsn, "base") is None
    with open_store(dsn, check_schema=False) as store:
        tables = {row["name"] for row in store.query_sql("SHOW TABLES")}
        assert tables.isdisjoint(COLUMNS)
    assert upgrade(dsn) == head()


def test_a_migration_cut_off_between_statement_and_version_is_repaired_by_running_it_again(dsn: str) -> None:
    upgrade(dsn)
    downgrade(dsn, "0004")
    with open_store(dsn, check_schema=False) as store:
        store.execute("CREATE TABLE stages (wrong UInt8) ENGINE = Memory")
        store.execute("DROP TABLE stages")
        # What a crash leaves when the new version is written and the old one not yet deleted.
        store.execute("INSERT INTO alembic_version (version_num) VALUES ('0005')")
        assert store.schema_revision() == "0004"
    assert upgrade(dsn) == head()
    with open_store(dsn) as store:
        assert store.query_sql("SELECT version_num FROM alembic_version") == [{"version_num": head()}]
        assert store.query_sql("SELECT count() AS n FROM stages") == [{"n": 0}]


def test_a_store_from_a_newer_version_is_accepted(dsn: str) -> None:
    upgrade(dsn)
    with open_store(dsn) as store:
        store.execute("ALTER TABLE alembic_version DELETE WHERE 1 SETTINGS mutations_sync = 2")
        store.execute("INSERT INTO alembic_version (version_num) VALUES ('9999')")
    with open_store(dsn) as store:
        assert store.schema_revision() == "9999"
        store.execute("TRUNCATE TABLE alembic_version")
    assert upgrade(dsn) == head()


def test_the_embedded_engine_and_the_server_get_equal_tables(shim: str, tmp_path: Path) -> None:
    statements = []
    for dsn in (f"chdb://{tmp_path / 'engine'}", f"{shim}/inferfleet_equal"):
        upgrade(dsn)
        with open_store(dsn) as store:
            statements.append(created(store))
    assert statements[0] == statements[1]


def test_rows_of_before_the_facts_were_told_are_of_visitors_and_of_models_that_can_be_steered(
    dsn: str,
) -> None:
    upgrade(dsn)
    downgrade(dsn, "0014")
    with open_store(dsn, check_schema=False) as store:
        for table in ("windows", "loads", "incidents", "exposures", "stages"):
            store.execute(f"INSERT INTO {table} (app, at, received_at) VALUES ('old', now(), now())")
    upgrade(dsn)
    with open_store(dsn) as store:
        for table in ("windows", "loads", "incidents", "exposures"):
            rows = store.query_sql(f"SELECT automated, steerable FROM {table} WHERE app = 'old'")
            assert rows == [{"automated": False, "steerable": True}], table
        assert store.query_sql("SELECT automated FROM stages WHERE app = 'old'") == [{"automated": False}]


def test_apps_of_before_objectives_have_none(dsn: str) -> None:
    upgrade(dsn)
    downgrade(dsn, "0023")
    with open_store(dsn, check_schema=False) as store:
        store.execute(
            "INSERT INTO app_versions (app, version, created_at, origins, sample_rate, keys) "
            "VALUES ('old', 1, now(), ['*'], 0.5, '[]')"
        )
    upgrade(dsn)
    with open_store(dsn) as store:
        (row,) = store.query("apps_newest", app="old")
        assert (row["objective"], row["owner"], row["sample_rate"]) == ("", "", 0.5)


def test_variants_of_before_the_registry_go_on_being_read_and_its_own_come_before_them(dsn: str) -> None:
    upgrade(dsn)
    downgrade(dsn, "0024")
    with open_store(dsn, check_schema=False) as store:
        for name, size in (("float16", 2), ("uint8", 1)):
            store.execute(
                "INSERT INTO variants (app, model, variant, url, format, bytes, agreement, registered_at) "
                "VALUES ('old', 'face', {name:String}, '/m.json', 'tfjs', {size:UInt64}, 0.995, now64(3))",
                {"name": name, "size": size},
            )
    upgrade(dsn)
    with open_store(dsn) as store:

        def read() -> dict[str, tuple[int, float, bool]]:
            rows = store.query("recommend_variants", app="old")
            return {row["variant"]: (row["bytes"], row["agreement"], row["removed"]) for row in rows}

        assert read() == {"float16": (2, 0.995, False), "uint8": (1, 0.995, False)}
        store.execute(
            "INSERT INTO variant_versions (app, model, variant, version, created_at, bytes, agreement) "
            "VALUES ('old', 'face', 'uint8', 1, now64(3), 7, 0.5)"
        )
        assert read() == {"float16": (2, 0.995, False), "uint8": (7, 0.5, False)}
