"""Opens the store for a collector. It takes reports while a server is away, too: they wait in the spool."""

import structlog

from collector.store import Dsn, SchemaOutdated, Store, StoreUnavailable
from collector.store.retention import apply_retention

log = structlog.get_logger(__name__)


def open_or_await(dsn: Dsn, *, url: str, retention_days: int) -> Store:
    """The store, or one whose calls raise ``StoreUnavailable`` until its server is back.

    An embedded one is migrated and its retention set, since nobody else could; for a server ``inferfleet
    migrate`` does both.

    Raises:
        StoreInUse, SchemaOutdated, StoreError: what waiting would not mend.
    """
    store = Store(dsn, url=url)
    try:
        if dsn.embedded:
            _bring_up_to_date(store)
            apply_retention(store, retention_days)
        else:
            _look_for(store)
    except BaseException:
        store.close()
        raise
    return store


def _bring_up_to_date(store: Store) -> None:
    store.connect()
    try:
        store.check_schema()
    except SchemaOutdated:
        # Alembic and SQLAlchemy are a quarter of a start's time, which a restart after a crash does not have.
        from collector.store.migrate import upgrade  # noqa: PLC0415

        upgrade(store.dsn)
        store.check_schema()


def _look_for(store: Store) -> None:
    try:
        store.connect()
        store.check_schema()
    except StoreUnavailable as error:
        log.warning("store_unavailable", error=str(error), advice="reports are taken and wait in the spool")
