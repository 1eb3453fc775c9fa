"""The declared columns as SQLAlchemy tables, for Alembic's comparison of what is declared with what is there."""

from clickhouse_connect.cc_sqlalchemy.datatypes.base import sqla_type_from_name
from clickhouse_connect.cc_sqlalchemy.ddl.tableengine import MergeTree, ReplacingMergeTree
from sqlalchemy import Column, MetaData, Table

from collector.store.columns import COLUMNS

NEWEST_WINS = {"models": "registered_at", "variants": "registered_at", "findings": "updated_at"}
"""Tables that keep the last row of a key, and the column that says which is last."""


def metadata() -> MetaData:
    """Every table of ``COLUMNS``. Sorting keys, codecs and TTLs are the revisions' own and not compared."""
    declared = MetaData()
    for name, columns in COLUMNS.items():
        version = NEWEST_WINS.get(name)
        engine = (
            ReplacingMergeTree(ver=version, order_by="tuple()") if version else MergeTree(order_by="tuple()")
        )
        Table(name, declared, *[Column(c.name, sqla_type_from_name(c.type)) for c in columns], engine)
    return declared
