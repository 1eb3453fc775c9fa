"""A migration that is cut off at any of its statements: running it again leads to the same tables."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from collector.store import open_store
from collector.store.columns import COLUMNS
from collector.store.dsn import Dsn
from collector.store.migrate import downgrade, head, upgrade
from tests.integration.store.conftest import ROOT
from tests.integration.store.test_store_migrations import created

CALLS = ("command", "query", "insert")


class CutOff(BaseException):
    """What a kill is to the store: nothing of ours runs any more."""


class Knife:
    """Lets some statements through and cuts off before the next: the same to the engine as after the last."""

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
            if inside or self.left is None:
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


@pytest.mark.timeout(900)
def test_cut_off_at_every_statement_on_the_way_up(tmp_path: Path, knife: Knife) -> None:
    engine = tmp_path / "engine"
    upgrade(whole := Dsn(scheme="chdb", path=engine, database="whole"))
    with open_store(whole) as keep:  # the engine stays open, so that each step takes a moment
        steps = 0
        while True:
            dsn = Dsn(scheme="chdb", path=engine, database=f"cut{steps}")
            if not knife.cuts(lambda dsn=dsn: upgrade(dsn), steps):  # type: ignore[misc]
                break
            assert upgrade(dsn) == head()
            assert versions(dsn) == [{"version_num": head()}]
            with open_store(dsn) as store:
                assert created(store) == created(keep), f"cut off at statement {steps}"
                store.execute(f"DROP DATABASE {dsn.database} SYNC")
            steps += 1
    assert steps > 3 * len(COLUMNS)


def test_cut_off_at_every_statement_on_the_way_down(tmp_path: Path, knife: Knife) -> None:
    upgrade(dsn := Dsn.parse(f"chdb://{tmp_path / 'engine'}"))
    with open_store(dsn) as keep:
        before = created(keep)
        steps = 0
        while knife.cuts(lambda: downgrade(dsn, "0011"), steps):
            assert downgrade(dsn, "0011") == "0011"
            assert upgrade(dsn) == head()
            assert created(keep) == before, f"cut off at statement {steps}"
            steps += 1
    assert steps > 6


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
