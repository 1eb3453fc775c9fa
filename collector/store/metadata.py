"""The declared columns as SQLAlchemy tables, for Alembic to compare with the tables there are."""

from typing import Any

from clickhouse_connect.cc_sqlalchemy.datatypes.base import sqla_type_from_name
from clickhouse_connect.cc_sqlalchemy.ddl.tableengine import MergeTree, ReplacingMergeTree
from sqlalchemy import Column as SqlColumn
from sqlalchemy import MetaData, Table

from collector.store.columns import COLUMNS, Column

NEWEST_WINS = {
    "models": "registered_at",
    "variants": "registered_at",
    "findings": "updated_at",
    "key_uses": "day",
}
"""Tables that keep the last row of a key, and the column that says which is last."""


def _column(column: Column) -> SqlColumn[Any]:
    kind: Any = sqla_type_from_name(column.type)
    return SqlColumn(column.name, kind)


def metadata() -> MetaData:
    """Every table of ``COLUMNS``. Sorting keys, codecs and TTLs are the revisions' own and not compared."""
    declared = MetaData()
    for name, columns in COLUMNS.items():
        version = NEWEST_WINS.get(name)
        engine = (
            ReplacingMergeTree(ver=version, order_by="tuple()") if version else MergeTree(order_by="tuple()")
        )
        Table(name, declared, *[_column(c) for c in columns], engine)
    return declared
