"""How Alembic reaches the store.

`collector.store.migrate` hands over a connection; the `alembic` command line (for writing a new revision)
takes the DSN from INFERFLEET_STORE__DSN.
"""

import os

from alembic import context
from clickhouse_connect.cc_sqlalchemy.alembic import clickhouse_writer, include_object
from sqlalchemy import Connection

from collector.store import version_table  # noqa: F401  Alembic finds what is there by the dialect's name
from collector.store.dsn import Dsn
from collector.store.metadata import metadata
from collector.store.migrate import connection


def run(sql: Connection) -> None:
    context.configure(
        connection=sql,
        target_metadata=metadata(),
        include_object=include_object,
        process_revision_directives=clickhouse_writer,
        compare_type=True,
    )
    context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    with connection(Dsn.parse(os.environ["INFERFLEET_STORE__DSN"])) as opened:
        run(opened)
