"""How Alembic moves its version on without waiting for the engine's background work.

The dialect inserts the new version and deletes the old one by a mutation, and waits: for a part that is
rewritten and synced to the disk, which takes up to a second on a slow one, for each of some twenty revisions
of a first start. The old version is mostly the only row of its part, and dropping that part does the same at
once.
"""

import re
from typing import Any

from clickhouse_connect.cc_sqlalchemy.alembic.impl import ClickHouseImpl
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError

from collector.store.revisions import REVISION_TABLE

_DELETE = re.compile(
    rf"ALTER TABLE \S*{REVISION_TABLE}`? DELETE WHERE (?P<old>.+) SETTINGS mutations_sync = 2"
)


class QuickVersions(ClickHouseImpl):
    """Alembic takes the last class that names the dialect."""

    __dialect__ = "clickhousedb"

    def _exec(self, construct: Any, *arguments: Any, **options: Any) -> Any:
        delete = _DELETE.fullmatch(construct.text) if isinstance(construct, TextClause) else None
        if delete is not None and not self.as_sql and self._drop_parts(delete["old"]):
            return None
        return super()._exec(construct, *arguments, **options)

    def _drop_parts(self, old: str) -> bool:
        """Whether the parts of the old version could be dropped; if not, the mutation is still right."""
        sql = self.connection
        if sql is None or sql.execute(text(_ENGINE)).scalar() != "MergeTree":
            return False  # a replicated table has its own order of things
        parts = sql.execute(text(_PARTS.format(old=old))).all()
        if any(rows > matching for _, rows, matching in parts if matching):
            return False  # merged with the new version
        try:
            for part, _, matching in parts:
                if matching:
                    sql.execute(text(f"ALTER TABLE {REVISION_TABLE} DROP PART '{part}'"))
        except DBAPIError:
            return False  # merged since then
        return True


_ENGINE = f"SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = '{REVISION_TABLE}'"
_PARTS = f"SELECT _part, count(), countIf({{old}}) FROM {REVISION_TABLE} GROUP BY _part ORDER BY _part"
