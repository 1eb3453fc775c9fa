"""Backups of the embedded store: whole or refused, restored as they were, never half."""

import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.store import Store, StoreError, open_store
from collector.store.backup import back_up, count_rows, restore
from collector.store.columns import COLUMNS
from collector.store.dsn import Dsn
from collector.store.manifest import MANIFEST, read_manifest
from collector.store.metadata import NEWEST_WINS
from collector.store.migrate import head, upgrade
from collector.store.ownership import restoring_path
from tests.integration.store.conftest import ROOT
from tests.integration.store.rows import NOW, make_rows


def nothing(_: Path) -> None:
    """No files beside the store."""


def fill(store: Store) -> None:
    """Some rows in every table, over several weeks, parts and deletions."""
    for table in COLUMNS:
        store.insert(table, make_rows(table, {}))
    for week in range(3):
        at = NOW - timedelta(weeks=week)
        changes = [{"session": f"s{week}-{n}", "received_at": at, "at": at} for n in range(50)]
        store.insert("windows", make_rows("windows", *changes))
    store.execute("DELETE FROM windows WHERE session = 's1-7'")
    store.insert("findings", make_rows("findings", {"updated_at": NOW + timedelta(seconds=1)}))


def contents(store: Store) -> dict[str, Any]:
    """A hash over all rows of each table; of those that replace, over what is left."""
    return {
        table: store.query_sql(
            f"SELECT count() AS n, sum(sipHash64(*)) AS hash FROM {table}"
            + (" FINAL" if table in NEWEST_WINS else "")
        )
        for table in COLUMNS
    }


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dsn, Path]:
    """A store with rows, and the folder of its backup."""
    folder = tmp_path_factory.mktemp("live")
    dsn = Dsn.parse(f"chdb://{folder / 'engine'}")
    upgrade(dsn)
    with open_store(dsn) as store:
        fill(store)
        back_up(store, folder / "backup", beside=nothing)
    return dsn, folder / "backup"


@pytest.fixture
def filled(live: tuple[Dsn, Path], tmp_path: Path) -> tuple[Dsn, Path]:
    """The store, and a copy of its backup to break."""
    shutil.copytree(live[1], tmp_path / "backup")
    return live[0], tmp_path / "backup"


def fresh(tmp_path: Path) -> Dsn:
    return Dsn.parse(f"chdb://{tmp_path / 'fresh' / 'engine'}")


def test_what_is_restored_is_what_was_backed_up_and_takes_rows(
    filled: tuple[Dsn, Path], tmp_path: Path
) -> None:
    dsn, folder = filled
    with open_store(dsn) as store:
        before, rows = contents(store), count_rows(store)
    manifest = restore(fresh(tmp_path), folder, beside=nothing)
    assert manifest.rows == rows
    assert rows["windows"] == 150
    assert manifest.schema_revision == head()
    with open_store(fresh(tmp_path)) as store:
        assert contents(store) == before
        store.insert("windows", make_rows("windows", {"session": "after"}))
        assert store.query_sql("SELECT count() AS n FROM windows WHERE session = 'after'") == [{"n": 1}]
        store.execute("OPTIMIZE TABLE windows FINAL")
        parts = store.query_sql(
            "SELECT count() AS n FROM system.parts WHERE active AND table = 'windows' GROUP BY partition"
        )
    assert {row["n"] for row in parts} == {1}
    assert not restoring_path(tmp_path / "fresh" / "engine").exists()


def test_a_store_that_is_not_empty_is_not_written_over(filled: tuple[Dsn, Path]) -> None:
    dsn, folder = filled
    with pytest.raises(StoreError, match=r"is not empty: restore into a fresh folder") as refused:
        restore(dsn, folder, beside=nothing)
    assert "\n" not in str(refused.value)


def test_a_backup_never_replaces_another(filled: tuple[Dsn, Path]) -> None:
    dsn, folder = filled
    with open_store(dsn) as store, pytest.raises(StoreError, match="name a new folder"):
        back_up(store, folder, beside=nothing)


@pytest.mark.parametrize("damage", ["changed", "missing", "shorter"])
def test_a_damaged_backup_is_refused_before_anything_is_restored(
    filled: tuple[Dsn, Path], tmp_path: Path, damage: str
) -> None:
    _, folder = filled
    victim = max(folder.rglob("*.bin"), key=lambda path: path.stat().st_size)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 0xFF
    match damage:
        case "changed":
            victim.write_bytes(data)
        case "missing":
            victim.unlink()
        case _:
            victim.write_bytes(data[:-1])
    with pytest.raises(StoreError, match=r"is damaged: .* use another backup"):
        restore(fresh(tmp_path), folder, beside=nothing)
    assert not (tmp_path / "fresh" / "engine").exists()


def test_a_folder_without_a_manifest_is_no_backup(filled: tuple[Dsn, Path], tmp_path: Path) -> None:
    (filled[1] / MANIFEST).unlink()
    with pytest.raises(StoreError, match="is no backup: it has no manifest"):
        restore(fresh(tmp_path), filled[1], beside=nothing)


def test_rows_that_do_not_come_back_are_noticed(filled: tuple[Dsn, Path], tmp_path: Path) -> None:
    manifest = read_manifest(filled[1])
    wrong = manifest.model_copy(update={"rows": {**manifest.rows, "windows": 151}})
    (filled[1] / MANIFEST).write_text(wrong.model_dump_json())
    with pytest.raises(StoreError, match="windows came back with 150 rows in place of 151"):
        restore(fresh(tmp_path), filled[1], beside=nothing)
    with pytest.raises(StoreError, match="was cut off: run the same `inferfleet restore` again"):
        open_store(fresh(tmp_path))


def test_a_backup_of_a_newer_schema_is_refused(filled: tuple[Dsn, Path], tmp_path: Path) -> None:
    manifest = read_manifest(filled[1])
    newer = manifest.model_copy(update={"schema_revision": "9999"})
    (filled[1] / MANIFEST).write_text(newer.model_dump_json())
    with pytest.raises(StoreError, match=f"newer than the {head()} of this version: upgrade inferfleet"):
        restore(fresh(tmp_path), filled[1], beside=nothing)


def test_a_backup_of_an_older_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    dsn = Dsn.parse(f"chdb://{tmp_path / 'live' / 'engine'}")
    upgrade(dsn, "0002")
    with open_store(dsn, check_schema=False) as store:
        # Not `insert`, which fills the columns of today's schema.
        store.execute("INSERT INTO windows (app, received_at) VALUES ('shop', now())")
        back_up(store, tmp_path / "backup", beside=nothing)
    assert restore(fresh(tmp_path), tmp_path / "backup", beside=nothing).schema_revision == "0002"
    with open_store(fresh(tmp_path)) as store:
        assert store.query_sql("SELECT count() AS n FROM key_uses") == [{"n": 0}]
        assert store.query_sql("SELECT count() AS n FROM windows") == [{"n": 1}]


RUN = """
import sys
from pathlib import Path
from collector.store import open_store
from collector.store.backup import back_up, count_rows, restore
from collector.store.dsn import Dsn
dsn, folder = Dsn.parse(sys.argv[2]), Path(sys.argv[3])
def beside(_):
    print("beside", flush=True)
print("begun", flush=True)
if sys.argv[1] == "backup":
    with open_store(dsn) as store:
        back_up(store, folder, beside=beside)
else:
    restore(dsn, folder, beside=beside)
print("done", flush=True)
"""


def killed_after(seconds: float | None, what: str, dsn: Dsn, folder: Path) -> bool:
    """Runs it in a process of its own, killed after some time, or once everything but the end is done; True
    when it was done before."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, what, str(dsn), str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    if seconds is None:
        assert process.stdout.readline() == "beside\n"
    else:
        time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read()
    process.wait(30)
    process.stdout.close()
    return "done" in rest


@pytest.mark.parametrize("seconds", [0.3, 1.2, None])
def test_a_backup_that_is_killed_looks_like_none_and_the_next_one_is_whole(
    filled: tuple[Dsn, Path], tmp_path: Path, seconds: float | None
) -> None:
    dsn, _ = filled
    folder = tmp_path / "second"
    if not killed_after(seconds, "backup", dsn, folder) and folder.exists():
        read_manifest(folder)  # renamed just before the kill: then it is whole
        shutil.rmtree(folder)
    shutil.rmtree(folder, ignore_errors=True)
    with open_store(dsn) as store:
        before = contents(store)
        back_up(store, folder, beside=nothing)
    assert not folder.with_name("second.unfinished").exists()
    restore(fresh(tmp_path), folder, beside=nothing)
    with open_store(fresh(tmp_path)) as store:
        assert contents(store) == before


@pytest.mark.parametrize("seconds", [0.3, 1.2, 3.0, None])
def test_a_restore_that_is_killed_serves_nothing_until_it_is_run_again(
    filled: tuple[Dsn, Path], tmp_path: Path, seconds: float | None
) -> None:
    dsn, folder = filled
    with open_store(dsn) as store:
        before = contents(store)
    target = fresh(tmp_path)
    assert target.path is not None
    if not killed_after(seconds, "restore", target, folder):
        if restoring_path(target.path).exists():
            with pytest.raises(StoreError, match="was cut off: run the same `inferfleet restore` again"):
                upgrade(target)
        if not (target.path.exists() and any(target.path.iterdir())):
            restore(target, folder, beside=nothing)
    with open_store(target) as store:
        assert contents(store) == before
