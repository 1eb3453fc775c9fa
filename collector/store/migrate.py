"""Runs the schema migrations. The same revision files serve the embedded engine and a server.

ClickHouse has no transactional DDL. Each revision is therefore one idempotent statement: a crash between
statement and version row is repaired by running it again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from clickhouse_connect.dbapi.connection import Connection as DbapiConnection
from clickhouse_connect.driver.client import Client
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from collector.store import ownership
from collector.store.client import connect
from collector.store.dsn import Dsn
from collector.store.errors import ENGINE_ERRORS, StoreError, translate
from collector.store.revisions import REVISION_TABLE, head, scripts_folder
from collector.store.store import open_store

__all__ = ["current", "downgrade", "head", "upgrade"]


def upgrade(dsn: str | Dsn, revision: str = "head") -> str | None:
    """Brings the tables to a revision, making the database if need be. Returns the revision they are at then.

    Raises:
        StoreInUse: another process owns the embedded engine.
        StoreError: see ``open_store``; a revision that failed can be run again.
    """
    return _run(dsn, lambda config: command.upgrade(config, revision))


def downgrade(dsn: str | Dsn, revision: str) -> str | None:
    """Takes revisions back down to ``revision`` (``base`` for all). Drops tables with their data."""
    return _run(dsn, lambda config: command.downgrade(config, revision))


def current(dsn: str | Dsn) -> str | None:
    """The revision that the tables are at; None before the first."""
    with open_store(dsn, check_schema=False) as store:
        return store.schema_revision()


def _run(dsn: str | Dsn, action: Callable[[Config], None]) -> str | None:
    parsed = dsn if isinstance(dsn, Dsn) else Dsn.parse(dsn)
    if parsed.path is not None:
        ownership.acquire(parsed.path)
    try:
        _prepare_database(parsed)
        with connection(parsed) as sql:
            config = Config()
            config.set_main_option("script_location", str(scripts_folder()).replace("%", "%%"))
            config.attributes["connection"] = sql
            try:
                action(config)
            except CommandError as error:
                raise StoreError(f"migrations of {parsed}: {error}") from error
            except DBAPIError as error:
                raise translate(error.orig or error, where=str(parsed)) from error
            except ENGINE_ERRORS as error:
                raise translate(error, where=str(parsed)) from error
        return current(parsed)
    finally:
        if parsed.path is not None:
            ownership.release(parsed.path)


@contextmanager
def connection(dsn: Dsn) -> Iterator[Connection]:
    """A SQLAlchemy connection over the store's own client: one way to connect, one set of settings."""
    client = connect(dsn, database=dsn.database)
    engine = create_engine("clickhousedb://", creator=lambda: _BorrowedConnection(client), poolclass=NullPool)
    try:
        with engine.connect() as opened:
            yield opened
    finally:
        engine.dispose()
        client.close()


class _BorrowedConnection(DbapiConnection):
    """clickhouse-connect's DB-API connection around a client that is already there."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.timezone = client.server_tz


def _prepare_database(dsn: Dsn) -> None:
    client = connect(dsn, database=None)
    try:
        present = client.query(
            "SELECT 1 FROM system.databases WHERE name = {name:String}", parameters={"name": dsn.database}
        ).result_rows
        if not present:  # asked first: a user may work in a database without the right to create one
            client.command(f"CREATE DATABASE IF NOT EXISTS {dsn.database}")
        client.database = dsn.database
        _repair_version(client)
    except ENGINE_ERRORS as error:
        raise translate(error, where=str(dsn)) from error
    finally:
        client.close()


def _repair_version(client: Client) -> None:
    """Leaves one row in the version table.

    The dialect moves on by inserting the new version and then deleting the old one; a crash in between
    leaves both. The older is right either way: upwards its successor's statement is run again, downwards it
    was the aim.
    """
    if not client.query(f"EXISTS TABLE {REVISION_TABLE}").result_rows[0][0]:
        return
    versions = [row[0] for row in client.query(f"SELECT version_num FROM {REVISION_TABLE}").result_rows]
    if len(versions) > 1:
        client.command(f"TRUNCATE TABLE {REVISION_TABLE}")
        client.insert(REVISION_TABLE, [[min(versions)]], column_names=["version_num"])
