"""A block that was begun before: what of it the store has already.

The store remembers the tokens of inserts, so a repeated one is a no-op, also after a kill. After a power cut
it need not be: the engine syncs the rows of an insert, and not its list of tokens. So whoever repeats a block
looks for its rows first. A report's rows of one table are stored together or not at all, as they share the
time of receipt, by which the table is partitioned.
"""

import uuid
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from collector.store import Store

_BY_BATCH = ("app", "batch_id")
_BY_SESSION = ("app", "session", "release")
"""``drops`` have no batch id. No session reports twice within the millisecond that is compared as well."""
_STORED = """
SELECT DISTINCT {fields}, toUnixTimestamp64Milli(received_at) AS at FROM {{table:Identifier}}
WHERE received_at >= fromUnixTimestamp64Milli({{first:Int64}}, 'UTC')
  AND received_at <= fromUnixTimestamp64Milli({{last:Int64}}, 'UTC')
"""


def missing(store: Store, tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The rows that are not stored yet, in their order, by table; a table without any is left out.

    Raises:
        StoreError: see ``Store.query_sql``.
    """
    left = {name: _missing(store, name, table) for name, table in tables.items()}
    return {name: table for name, table in left.items() if table.num_rows}


def token_of_replay(store: Store, token: str) -> str:
    """The token under which the missing rows are inserted.

    An embedded engine shows all that it has: a token that it remembers although the rows are gone would make
    the insert a no-op, and lose them. A server may show less than it has (a replica that lags), and its token
    holds.
    """
    return f"{token}:again-{uuid.uuid4().hex}" if store.dsn.embedded else token


def _missing(store: Store, name: str, table: pa.Table) -> pa.Table:
    if not table.num_rows:
        return table
    at = pc.cast(table["received_at"], pa.int64())
    span = pc.min_max(at).as_py()
    fields = _BY_BATCH if "batch_id" in table.column_names else _BY_SESSION
    rows = store.query_sql(
        _STORED.format(fields=", ".join(fields)), {"table": name, "first": span["min"], "last": span["max"]}
    )
    stored = {(*(row[field] for field in fields), row["at"]) for row in rows}
    keys = zip(*(table[field].to_pylist() for field in fields), at.to_pylist(), strict=True)
    return table.filter(pa.array([key not in stored for key in keys], pa.bool_()))
