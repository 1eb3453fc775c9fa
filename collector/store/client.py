"""A DSN becomes a ClickHouse client with every default that matters pinned, the same for both engines."""

import importlib.util
import logging
import re
from pathlib import Path
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ProgrammingError

from collector.store.dsn import Dsn
from collector.store.errors import ENGINE_ERRORS, StoreError, translate

# It logs a stack trace for a server that does not answer, and raises as well: the StoreUnavailable is enough.
logging.getLogger("clickhouse_connect.driver._backend.http_sync").setLevel(logging.CRITICAL)

OLDEST_SERVER = (24, 8)
PINNED_SETTINGS: dict[str, Any] = {
    # The spool batches and fixes the block; the server's own queue would answer before the data is in the
    # table.
    "async_insert": 0,
    # A block with a known insert_deduplication_token is a no-op: what makes a replay after a crash harmless.
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    # One insert is one block per partition, so that one token covers it.
    "max_insert_block_size": 16_777_216,
    "min_insert_block_size_rows": 0,
    "min_insert_block_size_bytes": 0,
    # On a cluster: an insert is answered when the shards have it, and a subquery asks all of them.
    "distributed_foreground_insert": 1,
    "distributed_product_mode": "global",
    # now(), toDate() and so on must not depend on the machine's time zone.
    "session_timezone": "UTC",
}
ENGINE_CONFIG = Path(__file__).with_name("embedded.xml")
EMBEDDED_SETTINGS: dict[str, Any] = {
    # An embedded engine shares its disk, and a merge that runs out of it was seen to leave a part of empty
    # files: refuse inserts while there is still room for merges.
    "min_free_disk_bytes_to_perform_insert": 256 * 1024 * 1024,
}


def connect(dsn: Dsn, *, database: str | None) -> Client:
    """A client of the engine that the DSN names. On an embedded engine the caller owns the folder's lock.

    ``database=None`` selects none, for creating it.

    Raises:
        StoreUnavailable: no answer.
        StoreError: wrong user or password, a server older than 24.8, or chDB is not installed.
        SchemaOutdated: no such database.
    """
    try:
        client = _embedded(dsn, database) if dsn.embedded else _server(dsn, database)
    except ProgrammingError as error:
        if "already initialized with path" in str(error):
            raise StoreError(
                f"this process already runs an embedded engine in another folder than {dsn.path}: close that "
                "store first, a process has one embedded engine at a time"
            ) from error
        raise translate(error, where=str(dsn)) from error
    except ENGINE_ERRORS as error:
        raise translate(error, where=str(dsn)) from error
    try:
        require_version(client.server_version or "", where=str(dsn))
    except StoreError:
        client.close()
        raise
    return client


def require_version(version: str, *, where: str) -> None:
    """Refuses a server that is too old, by name and number."""
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        raise StoreError(
            f"{where} runs ClickHouse {version or 'of an unknown version'}; Inferfleet needs {oldest} "
            "or newer: upgrade the server"
        )


def _embedded(dsn: Dsn, database: str | None) -> Client:
    if importlib.util.find_spec("chdb") is None:
        raise StoreError(
            "a chdb:// store needs the embedded engine: pip install 'inferfleet[embedded]', "
            "or name a ClickHouse server in INFERFLEET_STORE__DSN"
        )
    return clickhouse_connect.get_client(
        interface="chdb",
        path=f"{dsn.path}?config-file={ENGINE_CONFIG}",
        database=database,
        settings=PINNED_SETTINGS | EMBEDDED_SETTINGS,
        tz_mode="aware",
        show_clickhouse_errors="scrub",
    )


def _server(dsn: Dsn, database: str | None) -> Client:
    return clickhouse_connect.get_client(
        interface=dsn.scheme,
        host=dsn.host,
        port=dsn.port,
        username=dsn.username,
        password=dsn.password,
        database=database,
        settings=PINNED_SETTINGS,
        tz_mode="aware",
        show_clickhouse_errors="scrub",
        compress="lz4",
        # A server-side session would forbid two threads to ask at once.
        autogenerate_session_id=False,
        connect_timeout=5,
        send_receive_timeout=60,
        client_name="inferfleet",
    )
