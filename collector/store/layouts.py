"""The migrations as SQL for a cluster or for Cloud, from the same revisions (docs/adr/0009-cluster.md)."""

import io
import re

from alembic.migration import MigrationContext
from alembic.operations import Operations
from clickhouse_connect.cc_sqlalchemy import alembic as _clickhouse_for_alembic  # noqa: F401 - it registers itself
from clickhouse_connect.cc_sqlalchemy.dialect import ClickHouseDialect

from collector.store.layout import Layout
from collector.store.retention import EVENT_TABLES
from collector.store.revisions import REVISION_TABLE, head, scripts

LOCAL = "_local"
"""Suffix of the tables that hold a shard's rows; the table without it is all of them."""
SHARDING_KEY = "sipHash64(session)"
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_CREATE = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+) \(")
_ALTER = re.compile(r"ALTER TABLE (\w+)")
_ENGINE = re.compile(r"ENGINE = (MergeTree|ReplacingMergeTree)(?:\(([^)]*)\))?")
_OWN_DISK = re.compile(r",?\s*\b(?:fsync_after_insert|fsync_part_directory|old_parts_lifetime) = \d+")


def statements(layout: Layout, *, cluster: str = "default") -> list[str]:
    """Every statement that makes the newest tables, in order; each may be repeated.

    Raises:
        ValueError: ``cluster`` is no name.
    """
    if not _IDENTIFIER.fullmatch(cluster):
        raise ValueError("a cluster's name has letters, digits and _ only")
    made = [statement for revision in _revisions() for statement in _lay_out(revision, layout, cluster)]
    version = (
        f"CREATE TABLE IF NOT EXISTS {REVISION_TABLE} (version_num String) "
        "ENGINE = MergeTree ORDER BY tuple()"
    )
    mark = f"INSERT INTO {REVISION_TABLE} (version_num) VALUES ('{head()}')"
    clear = f"TRUNCATE TABLE {REVISION_TABLE}"
    return [*made, *_lay_out(version, layout, cluster), clear, mark]


def _revisions() -> list[str]:
    """The statement of each revision, oldest first: what Alembic itself writes without a connection."""
    made = []
    for script in reversed(list(scripts().walk_revisions())):
        written = io.StringIO()
        context = MigrationContext.configure(
            dialect=ClickHouseDialect(), opts={"as_sql": True, "output_buffer": written}
        )
        with Operations.context(context):
            script.module.upgrade()
        made.append(written.getvalue().strip().removesuffix(";"))
    return made


def _lay_out(statement: str, layout: Layout, cluster: str) -> list[str]:
    if altered := _ALTER.match(statement):
        return _lay_out_change(statement, altered[1], layout, cluster)
    created = _CREATE.match(statement)
    if created is None:
        raise ValueError(f"no rule for laying out: {statement[:60]}")
    table = created[1]
    match layout:
        case Layout.SERVER:
            return [statement]
        case Layout.CLOUD:
            return [_for_cloud(statement)]
        case Layout.CLUSTER if table in EVENT_TABLES:
            return [
                _replicated(statement, f"{table}{LOCAL}", "{shard}", "{replica}", cluster),
                f"CREATE TABLE IF NOT EXISTS {table} ON CLUSTER {cluster} AS {table}{LOCAL} "
                f"ENGINE = Distributed({cluster}, currentDatabase(), {table}{LOCAL}, {SHARDING_KEY})",
            ]
        case _:
            return [_replicated(statement, table, "all", "{shard}-{replica}", cluster)]


def _lay_out_change(statement: str, table: str, layout: Layout, cluster: str) -> list[str]:
    """On a cluster a change is for the rows of every shard first, then for the table that is all of them."""
    if layout is not Layout.CLUSTER:
        return [statement]
    tables = [f"{table}{LOCAL}", table] if table in EVENT_TABLES else [table]
    return [_ALTER.sub(f"ALTER TABLE {name} ON CLUSTER {cluster}", statement, count=1) for name in tables]


def _replicated(statement: str, table: str, shard: str, replica: str, cluster: str) -> str:
    """Replicas of one path hold the same rows; a path for each shard spreads them."""
    text = _CREATE.sub(f"CREATE TABLE IF NOT EXISTS {table} ON CLUSTER {cluster} (", statement, count=1)
    path = f"'/clickhouse/tables/{{database}}/{table}/{shard}', '{replica}'"
    text = _ENGINE.sub(
        lambda found: f"ENGINE = Replicated{found[1]}({path}{', ' + found[2] if found[2] else ''})", text
    )
    return text.replace("non_replicated_deduplication_window", "replicated_deduplication_window")


def _for_cloud(statement: str) -> str:
    """Cloud makes a SharedMergeTree of a MergeTree, on disks and with a memory of blocks of its own."""
    text = re.sub(r"non_replicated_deduplication_window = \d+,?\s*", "", _OWN_DISK.sub("", statement))
    return re.sub(r"\s*SETTINGS\s*$", "", text)
