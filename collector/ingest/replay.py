"""A block that was begun before: what of it is inserted again, and under which token.

The store remembers the tokens of inserts, so a repeated one is a no-op, also after a kill. After a power cut
it need not be: the engine syncs the rows of an insert, and not its list of tokens. So whoever repeats a block
looks for its rows first. Rows of one table and one week of receipt, by which the tables are partitioned, are
stored together or not at all.
"""

import uuid
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from collector.ingest.block import Block
from collector.store import Store

_BY_BATCH = ("app", "batch_id")
_BY_SESSION = ("app", "session", "release")
"""``drops`` have no batch id. No session reports twice within the millisecond that is compared as well."""
_STORED = """
SELECT DISTINCT {fields}, toUnixTimestamp64Milli(received_at) AS at FROM {{table:Identifier}}
WHERE received_at >= fromUnixTimestamp64Milli({{first:Int64}}, 'UTC')
  AND received_at <= fromUnixTimestamp64Milli({{last:Int64}}, 'UTC')
"""


def what_is_left(
    store: Store, block: Block, tables: Mapping[str, pa.Table]
) -> tuple[str, dict[str, pa.Table]]:
    """The token of the next try, and the rows to insert, by table; a table without any is left out.

    A server may show less than it has (a replica that lags). So its replay uses the token of the first try,
    and then a week's rows must be what the first try sent: all of them, whatever of them is seen. An embedded
    engine shows all that it has, but may remember a token whose rows a power cut took away: its replay sends
    just the missing rows, under another token. So does the replay of a block that was not sent whole.

    Raises:
        StoreError: see ``Store.query_sql``.
    """
    is_missing = {name: _is_missing(store, name, table) for name, table in tables.items() if table.num_rows}
    if store.dsn.embedded or not block.whole:
        token = f"{block.token}:again-{uuid.uuid4().hex}"
    else:
        token = block.token
        is_missing = {name: _in_whole_weeks(tables[name], rows) for name, rows in is_missing.items()}
    left = {name: tables[name].filter(rows) for name, rows in is_missing.items()}
    return token, {name: table for name, table in left.items() if table.num_rows}


def _is_missing(store: Store, name: str, table: pa.Table) -> pa.BooleanArray:
    """For each row whether it is not seen in the store."""
    at = pc.cast(table["received_at"], pa.int64())
    span = pc.min_max(at).as_py()
    fields = _BY_BATCH if "batch_id" in table.column_names else _BY_SESSION
    rows = store.query_sql(
        _STORED.format(fields=", ".join(fields)), {"table": name, "first": span["min"], "last": span["max"]}
    )
    stored = {(*(row[field] for field in fields), row["at"]) for row in rows}
    keys = zip(*(table[field].to_pylist() for field in fields), at.to_pylist(), strict=True)
    return pa.array([key not in stored for key in keys], pa.bool_())


def _in_whole_weeks(table: pa.Table, is_missing: pa.BooleanArray) -> pa.BooleanArray:
    """For each row whether one of its week is missing."""
    weeks = pc.floor_temporal(table["received_at"], unit="week")
    return pc.is_in(weeks, pc.unique(weeks.filter(is_missing)))
