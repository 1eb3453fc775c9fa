"""A migration that is cut off at any of its statements: running it again leads to the same tables."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from collector.store import open_store
from collector.store.columns import COLUMNS
from collector.store.dsn import Dsn
from collector.store.migrate import downgrade, head, upgrade
from collector.store.revisions import scripts
from tests.integration.store.conftest import ROOT
from tests.integration.store.test_store_migrations import created

CALLS = ("command", "query", "insert")


class CutOff(BaseException):
    """What a kill is to the store: nothing of ours runs any more."""


_READS = re.compile(r"\s*(SELECT|EXISTS|SHOW|DESCRIBE)\b", re.IGNORECASE)


class Knife:
    """Lets some statements through and cuts off before the next: the same to the engine as after the last.

    Statements that only read are not counted: a cut before one leaves what a cut after it leaves.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        self.seen = 0
        for name in CALLS:
            self._wrap(monkeypatch, name)

    def _wrap(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        kind: Any = next(kind for kind in _clients() if name in vars(kind))
        original = getattr(kind, name)
        inside = False

        def counted(client: Client, *arguments: Any, **options: Any) -> Any:
            nonlocal inside
            if inside or self.left is None or _READS.match(str(arguments[0])):
                return original(client, *arguments, **options)
            inside = True
            try:
                self.seen += 1
                if self.seen <= self.left:
                    return original(client, *arguments, **options)
                raise CutOff
            finally:
                inside = False

        monkeypatch.setattr(kind, name, counted)

    def cuts(self, way: Callable[[], object], left: int) -> bool:
        """Goes a way and cuts it off after ``left`` statements; False when it had no more than those."""
        self.left, self.seen = left, 0
        try:
            way()
        except CutOff:
            return True
        finally:
            self.left = None
        return False


def _clients() -> Iterator[type]:
    from clickhouse_connect.driver._chdbclient import ChdbClient

    yield from ChdbClient.__mro__


@pytest.fixture
def knife(monkeypatch: pytest.MonkeyPatch) -> Knife:
    return Knife(monkeypatch)


def versions(dsn: Dsn) -> list[dict[str, Any]]:
    with open_store(dsn, check_schema=False) as store:
        return store.query_sql("SELECT version_num FROM alembic_version")


def revisions() -> list[str]:
    """All of them, the first one first."""
    return [script.revision for script in reversed(list(scripts().walk_revisions()))]


def tables(dsn: Dsn) -> dict[str, str]:
    """Each table there is, by its CREATE statement without the database's name."""
    with open_store(dsn, check_schema=False) as store:
        rows = store.query_sql(
            "SELECT name, create_table_query AS made FROM system.tables WHERE database = currentDatabase()"
        )
    return {row["name"]: row["made"].replace(f"{dsn.database}.", "") for row in rows}


# Revision by revision, each from the one before: from the start each time, the cost would grow with the
# square of the number of revisions.


@pytest.mark.timeout(900)
def test_cut_off_at_every_statement_on_the_way_up(tmp_path: Path, knife: Knife) -> None:
    engine = tmp_path / "engine"
    cut = Dsn(scheme="chdb", path=engine, database="cut")
    whole = Dsn(scheme="chdb", path=engine, database="whole")
    upgrade(whole, revisions()[0])
    with open_store(
        whole, check_schema=False
    ) as keep:  # the engine stays open, so that each step takes a moment
        cuts = 0
        for before, revision in pairwise([None, *revisions()]):
            upgrade(whole, revision)
            expected = tables(whole)
            steps = 0
            while knife.cuts(lambda revision=revision: upgrade(cut, revision), steps):  # type: ignore[misc]
                assert upgrade(cut, revision) == revision
                assert versions(cut) == [{"version_num": revision}]
                assert tables(cut) == expected, f"{revision} cut off at statement {steps}"
                if before is None:
                    keep.execute(f"DROP DATABASE {cut.database} SYNC")
                else:
                    downgrade(cut, before)
                steps += 1
            cuts += steps
            assert tables(cut) == expected
    assert cut_was_whole(cut)
    assert cuts > 3 * len(COLUMNS)


def cut_was_whole(dsn: Dsn) -> bool:
    """Whether it has all that this version declares."""
    with open_store(dsn) as store:
        return created(store).keys() == COLUMNS.keys()


@pytest.mark.timeout(900)
def test_cut_off_at_every_statement_on_the_way_down(tmp_path: Path, knife: Knife) -> None:
    upgrade(dsn := Dsn.parse(f"chdb://{tmp_path / 'engine'}"))
    with open_store(dsn):
        cuts = 0
        for revision, before in pairwise(reversed(revisions())):
            after = tables(dsn)
            steps = 0
            while knife.cuts(lambda before=before: downgrade(dsn, before), steps):  # type: ignore[misc]
                assert downgrade(dsn, before) == before
                assert versions(dsn) == [{"version_num": before}]
                assert upgrade(dsn, revision) == revision
                assert tables(dsn) == after, f"{revision} cut off at statement {steps}"
                steps += 1
            cuts += steps
    assert cuts > 3 * len(revisions())


KILLED = """
import os, signal, sys
from clickhouse_connect.driver._chdbclient import ChdbClient
from collector.store.migrate import upgrade
left = int(sys.argv[2])
def counted(original):
    def call(*arguments, **options):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **options)
    return call
for kind in ChdbClient.__mro__:
    for name in ("command", "query"):
        if name in vars(kind):
            setattr(kind, name, counted(getattr(kind, name)))
upgrade(sys.argv[1])
"""


@pytest.mark.parametrize("left", [12, 33, 58])
def test_a_process_that_is_killed_in_the_middle_is_repaired_by_the_next(tmp_path: Path, left: int) -> None:
    dsn = f"chdb://{tmp_path / 'engine'}"
    done = subprocess.run([sys.executable, "-c", KILLED, dsn, str(left)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert upgrade(dsn) == head()
    assert versions(Dsn.parse(dsn)) == [{"version_num": head()}]
