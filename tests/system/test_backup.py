"""Backup and restore by the command line: beside a collector that runs, and without one."""

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.system.conftest import Served, batch, post, run, told

pytestmark = pytest.mark.system


def test_what_was_acknowledged_before_a_backup_is_in_it_once_and_known_to_the_restored_collector(
    serve: Callable[..., Served], tmp_path: Path, rows_by_batch: Callable[[], dict[str, int]]
) -> None:
    served = serve()
    url = served.wait_until_up()
    assert {post(url, batch(f"before{n}")) for n in range(20)} == {(202, None)}
    made = told(run(tmp_path, "backup", "--folder", "kept", "--json"))
    assert made["rows"]["windows"] <= 40
    assert post(url, batch("after")) == (202, None)
    served.wait_until_drained()
    again = run(tmp_path, "backup", "--folder", "kept")
    assert again.returncode == 1
    assert again.stderr.startswith("inferfleet: ")
    assert "name a new folder" in again.stderr
    busy = run(tmp_path, "restore", "--folder", "kept")
    assert busy.returncode == 1
    assert "is owned by process" in busy.stderr
    assert busy.stderr.count("\n") == 1
    served.stop()

    full = run(tmp_path, "restore", "--folder", "kept")
    assert full.returncode == 1
    assert "restore into a fresh folder" in full.stderr
    assert full.stderr.count("\n") == 1
    (tmp_path / "data").rename(tmp_path / "lost")
    assert told(run(tmp_path, "restore", "--folder", "kept", "--json"))["rows"] == made["rows"]

    served = serve()
    url = served.wait_until_up()
    assert post(url, batch("before7")) == (202, None)  # a client that never read its answer
    served.wait_until_drained()
    served.stop()
    assert rows_by_batch() == {batch(f"before{n}"): 2 for n in range(20)}


def test_a_backup_without_a_collector_drains_what_a_killed_one_left(
    serve: Callable[..., Served], tmp_path: Path, rows_by_batch: Callable[[], dict[str, int]]
) -> None:
    served = serve(INFERFLEET_SPOOL__LINGER_SECONDS="60")
    url = served.wait_until_up()
    assert post(url, batch("one")) == (202, None)
    served.stop(signal.SIGKILL)
    assert told(run(tmp_path, "backup", "--folder", "kept", "--json"))["rows"]["windows"] == 2
    with closing(sqlite3.connect(tmp_path / "kept" / "spool.sqlite")) as spool:
        assert spool.execute("SELECT count() FROM groups").fetchone() == (0,)
        assert spool.execute("SELECT count() FROM batches").fetchone() == (1,)
    (tmp_path / "data").rename(tmp_path / "lost")
    told(run(tmp_path, "restore", "--folder", "kept", "--json"))
    assert rows_by_batch() == {batch("one"): 2}


def test_a_data_folder_whose_restore_was_cut_off_is_not_served(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    (tmp_path / "data" / "engine.restoring").mkdir(parents=True)
    served = serve()
    assert served.process.wait(60) == 1
    assert "run the same `inferfleet restore` again" in served.said()
