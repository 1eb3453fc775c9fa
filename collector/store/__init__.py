"""Where reports, decisions and findings live: ClickHouse, embedded in the process or on a server.

``open_store(dsn)`` gives a ``Store``; the DSN picks the engine and nothing else changes: same SQL, same
migrations, same tests. Imports nothing of ours but the contract.
"""

from collector.store.columns import SCHEMAS
from collector.store.dsn import Dsn, InvalidDsn
from collector.store.errors import (
    BackupRefused,
    SchemaOutdated,
    StoreDenied,
    StoreError,
    StoreFull,
    StoreInUse,
    StoreUnavailable,
)
from collector.store.store import Store, open_store

__all__ = [
    "SCHEMAS",
    "BackupRefused",
    "Dsn",
    "InvalidDsn",
    "SchemaOutdated",
    "Store",
    "StoreDenied",
    "StoreError",
    "StoreFull",
    "StoreInUse",
    "StoreUnavailable",
    "open_store",
]
