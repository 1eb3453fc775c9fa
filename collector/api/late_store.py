"""A store that may be away when the collector starts: reports are taken and wait in the spool."""

import structlog

from collector.store import Dsn, SchemaOutdated, Store, StoreUnavailable, migrate
from collector.store.pool import ClientPool
from collector.store.revisions import require_current
from collector.store.store import POOL_SIZE

log = structlog.get_logger(__name__)


class LateStore(Store):
    """The ``Store``, also while its server is away: calls raise ``StoreUnavailable`` until it is back."""

    def __init__(self, dsn: Dsn, *, url: str) -> None:
        """Opens the store. An embedded one is migrated, since nobody else could.

        Raises:
            StoreInUse, SchemaOutdated, StoreError: what waiting would not mend.
        """
        try:
            self._open(dsn, url)
        except SchemaOutdated:
            if not dsn.embedded:
                raise
            migrate.upgrade(dsn)
            self._open(dsn, url)
        except StoreUnavailable as error:
            if dsn.embedded:
                raise
            log.warning(
                "store_unavailable", error=str(error), advice="reports are taken and wait in the spool"
            )
            self._closed = False
            self._pool = ClientPool(self._connect, size=POOL_SIZE)

    def _open(self, dsn: Dsn, url: str) -> None:
        super().__init__(dsn, url=url)
        try:
            self.check_schema()
        except BaseException:
            self.close()
            raise

    def check_schema(self) -> None:
        """Asks the store for its tables' revision.

        Raises:
            StoreUnavailable: no answer.
            SchemaOutdated: the tables are older than this version needs; the message names the command to
            run.
        """
        require_current(self.schema_revision(), where=str(self.dsn))
