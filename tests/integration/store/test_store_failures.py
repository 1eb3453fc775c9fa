"""What an operator meets: no right to write, a full disk, a dead or old server, a wrong password."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collector.store import (
    Store,
    StoreDenied,
    StoreError,
    StoreFull,
    StoreUnavailable,
    open_store,
)
from collector.store.migrate import upgrade
from collector.store.retention import EVENT_TABLES, apply_retention
from tests.integration.store.conftest import ROOT, start_shim, stop
from tests.integration.store.rows import NOW, make_rows


def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        StoreError, match=r"cannot use .*/file/engine .* name another folder in INFERFLEET_STORE__DSN"
    ):
        open_store(f"chdb://{tmp_path}/file/engine")


def test_a_folder_without_the_right_to_write_is_named() -> None:
    program = (  # root may write everywhere, so it stops being root
        "import os, sys\nfrom collector.store import StoreError, open_store\n"
        "os.geteuid() or os.setuid(65534)\n"
        "try:\n    open_store(sys.argv[1])\nexcept StoreError as error:\n    print(error)\n"
    )
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "engine"
        folder.mkdir()
        for path in (Path(parent), folder):
            path.chmod(0o555)
        output = subprocess.run(
            [sys.executable, "-c", program, f"chdb://{folder}"],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        ).stdout
        Path(parent).chmod(0o755)
    assert output.startswith(f"cannot use {folder} as the store's folder (Permission denied): give this user")


def test_another_folder_in_the_same_process_is_refused_and_leaves_the_first_open(tmp_path: Path) -> None:
    first, second = (f"chdb://{tmp_path / name}" for name in ("first", "second"))
    upgrade(first)
    with open_store(first) as store:
        with pytest.raises(StoreError, match="one embedded engine at a time"):
            open_store(second)
        assert store.query_sql("SELECT 1 AS one") == [{"one": 1}]
    assert upgrade(second)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(disk)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"needs the right to mount a small disk: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_refuses_keeps_what_it_has_and_completes_the_insert_once_there_is_room(
    small_disk: Path,
) -> None:
    dsn = f"chdb://{small_disk / 'engine'}"
    upgrade(dsn)
    noise = [
        {"app": "demo", "session": os.urandom(300_000).hex(), "received_at": at}
        for at in (NOW, NOW - timedelta(days=14))
    ]
    rows = make_rows("drops", *noise)
    with open_store(dsn) as store:
        stored = 0
        with pytest.raises(StoreFull, match="is full: free some and try again"):
            for stored in range(100):
                store.insert("drops", rows, token=f"block-{stored}")
        assert stored > 0
        assert len(store.query_sql("SELECT session FROM drops")) in (2 * stored, 2 * stored + 1)
        subprocess.run(["mount", "-o", "remount,size=600m", str(small_disk)], check=True)
        store.insert("drops", rows, token=f"block-{stored}")
        assert store.query_sql("SELECT count() AS n FROM drops") == [{"n": 2 * (stored + 1)}]


def test_a_server_that_dies_makes_the_store_unavailable_and_its_return_makes_it_work_again(
    tmp_path: Path,
) -> None:
    process, url = start_shim(tmp_path / "engine")
    dsn = f"{url}/fleet"
    try:
        upgrade(dsn)
        store = open_store(dsn)
        store.insert("drops", make_rows("drops", {"app": "demo"}), token="one")
    finally:
        stop(process)
    with pytest.raises(StoreUnavailable, match=r"http://default@127\.0\.0\.1:\d+/fleet"):
        store.insert("drops", make_rows("drops", {"app": "demo"}), token="two")
    with pytest.raises(StoreUnavailable, match="Connection refused"):
        open_store(dsn)
    process, _ = start_shim(tmp_path / "engine", "--port", url.rpartition(":")[2])
    try:
        for _ in range(2):
            store.insert("drops", make_rows("drops", {"app": "demo"}), token="two")
        assert store.query_sql("SELECT count() AS n FROM drops") == [{"n": 2}]
    finally:
        store.close()
        stop(process)


def test_a_wrong_password_says_where_to_correct_it_and_is_not_shown(shim: str) -> None:
    for call in (open_store, upgrade):
        with pytest.raises(StoreDenied, match="check user and password in INFERFLEET_STORE__DSN") as refused:
            call(f"{shim.replace(':secret@', ':hunter2@')}/fleet")
        assert "hunter2" not in str(refused.value)


def test_an_old_server_is_refused_by_name(tmp_path: Path) -> None:
    process, url = start_shim(tmp_path / "engine", "--version", "23.8.16.40")
    try:
        with pytest.raises(
            StoreError, match=r"runs ClickHouse 23\.8\.16\.40; Inferfleet needs 24\.8 or newer"
        ):
            open_store(f"{url}/default", check_schema=False)
    finally:
        stop(process)


def test_without_the_embedded_engine_installed_the_extra_is_named(tmp_path: Path) -> None:
    program = (
        "import sys, importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'chdb' else find(name, *rest)\n"
        "from collector.store import StoreError, open_store\n"
        "try:\n    open_store(sys.argv[1])\nexcept StoreError as error:\n    print(error)\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", program, f"chdb://{tmp_path}/engine"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    assert "pip install 'inferfleet[embedded]'" in output


def test_retention_counts_from_the_time_of_receipt_and_can_be_changed(store: Store, app: str) -> None:
    def received() -> list[datetime]:
        store.execute("OPTIMIZE TABLE drops FINAL")
        sql = "SELECT received_at FROM drops WHERE app = {app:String} ORDER BY received_at"
        return [row["received_at"] for row in store.query_sql(sql, {"app": app})]

    long_ago = NOW - timedelta(days=2000)
    assert apply_retention(store, 3650) == list(EVENT_TABLES)
    assert apply_retention(store, 3650) == []
    store.insert("drops", make_rows("drops", {"app": app, "received_at": long_ago}, {"app": app}))
    assert received() == [long_ago, NOW]
    assert apply_retention(store, 400) == list(EVENT_TABLES)
    assert received() == [NOW]
    with pytest.raises(ValueError, match="at least one day"):
        apply_retention(store, 0)


def test_a_browser_with_a_wrong_clock_loses_nothing(store: Store, app: str) -> None:
    store.insert("incidents", make_rows("incidents", {"app": app, "at": NOW - timedelta(days=3000)}))
    store.execute("OPTIMIZE TABLE incidents FINAL")
    assert store.query_sql("SELECT count() AS n FROM incidents WHERE app = {app:String}", {"app": app}) == [
        {"n": 1}
    ]
