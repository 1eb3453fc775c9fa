"""A migration moves its version on at once, and leaves one version whatever the engine merged meanwhile."""

from pathlib import Path
from typing import Any

from collector.store import Store, open_store
from collector.store.dsn import Dsn
from collector.store.migrate import downgrade, head, upgrade
from collector.store.revisions import scripts

VERSIONS = "SELECT version_num FROM alembic_version"
MUTATIONS = "SELECT command FROM system.mutations WHERE table = 'alembic_version'"


def ask(store: Store, sql: str) -> list[Any]:
    return [next(iter(row.values())) for row in store.query_sql(sql)]


def test_no_version_waits_for_a_mutation(tmp_path: Path) -> None:
    dsn = Dsn.parse(f"chdb://{tmp_path / 'engine'}")
    upgrade(dsn)
    with open_store(dsn) as store:
        assert ask(store, VERSIONS) == [head()]
        assert ask(store, MUTATIONS) == []


def test_a_part_that_holds_more_than_the_old_version_is_not_dropped(tmp_path: Path) -> None:
    dsn = Dsn.parse(f"chdb://{tmp_path / 'engine'}")
    upgrade(dsn)
    newest = scripts().get_revision("head")
    assert newest is not None
    before = str(newest.down_revision)
    with open_store(dsn, check_schema=False) as store:
        # What the engine may do at any time: the old version and another row become one part.
        store.execute("INSERT INTO alembic_version (version_num) VALUES ('9999')")
        store.execute("OPTIMIZE TABLE alembic_version FINAL")
        assert ask(store, "SELECT count() FROM system.parts WHERE table = 'alembic_version' AND active") == [
            1
        ]
        assert downgrade(dsn, before) == before  # the repair leaves the older one of two
        assert ask(store, VERSIONS) == [before]
        assert upgrade(dsn) == head()
        assert ask(store, VERSIONS) == [head()]
