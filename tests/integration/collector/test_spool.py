import asyncio
import shutil
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from collector.contract.reasons import Reason
from collector.ingest import spool_file
from collector.ingest.accounting import REPORTS_ACCEPTED, REPORTS_SET_ASIDE, Ledger, settled
from collector.ingest.block import Block, fix_block
from collector.ingest.decode import decode
from collector.ingest.refusal import Refused
from collector.ingest.settings import SpoolSettings
from collector.ingest.spool import COMMIT_BYTES, Spool
from tests.unit.ingest.reports import a_report, a_window, encoded, now_ms

T = TypeVar("T")
Open = Callable[..., Spool]


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[Open]:
    opened: list[Spool] = []

    def begin(**settings: float) -> Spool:
        spool = Spool(tmp_path / "spool.sqlite", SpoolSettings.model_validate(settings))
        opened.append(spool)
        return spool

    yield begin
    for spool in opened:
        spool.close()


def run(call: Callable[[], Awaitable[T]]) -> T:
    async def main() -> T:
        return await call()

    return asyncio.run(main())


async def put(spool: Spool, batch_id: str | None = None, *, size: int = 0) -> bool:
    changes = {"batch_id": batch_id} if batch_id else {}
    report = a_report(**changes, note="x" * size)
    return await spool.put(decode(encoded(report)), now_ms())


def held(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        n: int = connection.execute("SELECT coalesce(sum(reports), 0) FROM groups").fetchone()[0]
    connection.close()
    return n


def test_what_is_put_is_on_disk_when_put_returns(open_spool: Open) -> None:
    spool = open_spool()
    assert run(lambda: put(spool)) is True
    assert held(spool.path) == 1


def test_the_same_batch_twice_is_held_once(open_spool: Open) -> None:
    spool = open_spool()
    assert run(lambda: put(spool, "b" * 22)) is True
    assert run(lambda: put(spool, "b" * 22)) is False
    assert held(spool.path) == spool.pending_reports == 1


def test_the_same_batch_many_times_at_once_is_new_exactly_once(open_spool: Open) -> None:
    spool = open_spool()

    async def storm() -> list[bool]:
        return await asyncio.gather(*(put(spool, f"{n % 5:022d}") for n in range(200)))

    answers = run(storm)
    assert sum(answers) == 5
    assert held(spool.path) == 5
    totals = spool.ledger.totals()
    assert totals[REPORTS_ACCEPTED] == 5
    assert settled(totals, "reports") == 200


def test_requests_that_wait_share_a_commit(open_spool: Open) -> None:
    spool = open_spool()

    reports = [decode(encoded(a_report())) for _ in range(400)]

    async def many() -> None:
        await asyncio.gather(*(spool.put(report, now_ms()) for report in reports))

    run(many)
    assert spool.commits < 100
    assert held(spool.path) == 400


def test_two_apps_may_use_the_same_batch_id(open_spool: Open) -> None:
    spool = open_spool()
    reports = [a_report(app=app, batch_id="b" * 22) for app in ("one", "two")]
    assert [
        run(lambda report=report: spool.put(decode(encoded(report)), now_ms())) for report in reports
    ] == [
        True,
        True,
    ]


def test_ids_counts_and_reports_survive_a_restart(open_spool: Open) -> None:
    spool = open_spool()
    run(lambda: put(spool, "b" * 22))
    spool.ledger.refuse(Reason.MALFORMED_JSON)
    spool.close()
    again = open_spool()
    assert run(lambda: put(again, "b" * 22)) is False
    assert again.pending_reports == 1
    assert again.ledger.reports_received == 2
    assert again.spool_id == spool.spool_id


def test_past_the_watermark_reports_are_refused_until_there_is_room(open_spool: Open) -> None:
    spool = open_spool(max_bytes=1 << 20)
    for _ in range(2):
        run(lambda: put(spool, size=450_000))
    with pytest.raises(Refused) as refused:
        run(lambda: put(spool, size=450_000))
    assert refused.value.reason is Reason.SPOOL_FULL
    assert refused.value.retry_after
    spool.forget(1, 450_000)
    assert run(lambda: put(spool, size=450_000)) is True


def test_a_full_disk_refuses_and_keeps_what_it_has(open_spool: Open) -> None:
    spool = open_spool()
    run(lambda: put(spool))
    pages = spool.run(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    spool.run(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages + 2}"))

    async def flood() -> list[object]:
        return await asyncio.gather(*(put(spool, size=20_000) for _ in range(20)), return_exceptions=True)

    answers = run(flood)
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert refused
    assert {answer.reason for answer in refused} == {Reason.SPOOL_UNAVAILABLE}
    assert held(spool.path) == spool.pending_reports == 1 + answers.count(True)
    assert "full" in (spool.last_error or "")
    spool.run(lambda connection: connection.execute("PRAGMA max_page_count = 1000000"))
    assert run(lambda: put(spool, size=20_000)) is True
    assert spool.last_error is None


def test_a_disk_without_room_for_a_commit_is_not_ready(
    open_spool: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = open_spool()
    assert spool.check() is None
    usage = shutil.disk_usage(spool.path.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=COMMIT_BYTES - 1))
    assert "bytes left" in str(spool.check())


def test_a_damaged_file_is_set_aside_and_a_fresh_one_begins(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool()
    run(lambda: put(spool))
    spool.close()
    content = bytearray(spool.path.read_bytes())
    content[100:] = b"\x55" * (len(content) - 100)
    spool.path.write_bytes(bytes(content))
    again = open_spool()
    assert run(lambda: put(again)) is True
    assert again.spool_id != spool.spool_id
    kept = [path for path in tmp_path.glob("*.damaged-*") if not path.name.endswith(("-wal", "-shm"))]
    assert len(kept) == 1
    assert kept[0].read_bytes() == bytes(content)


def test_a_file_of_another_version_is_refused_with_what_to_do(open_spool: Open, tmp_path: Path) -> None:
    open_spool().close()
    with sqlite3.connect(tmp_path / "spool.sqlite") as older:
        older.execute("PRAGMA user_version = 1")
    older.close()
    before = (tmp_path / "spool.sqlite").read_bytes()
    with pytest.raises(sqlite3.OperationalError, match=r"start that version, wait until .* is 0, stop it"):
        open_spool()
    assert (tmp_path / "spool.sqlite").read_bytes() == before
    assert not list(tmp_path.glob("*.damaged-*"))


def test_a_file_of_version_2_is_taken_over_with_the_block_that_was_begun(
    open_spool: Open, tmp_path: Path
) -> None:
    spool = open_spool()
    run(lambda: put(spool))
    spool.close()
    with sqlite3.connect(tmp_path / "spool.sqlite") as older:
        older.executescript(
            "ALTER TABLE block DROP COLUMN stored; INSERT INTO block VALUES (1, 1, 1, 'begun');"
            "PRAGMA user_version = 2"
        )
    older.close()
    again = open_spool()
    assert again.pending_reports == 1
    block = again.run(lambda connection: fix_block(connection, spool_id=again.spool_id, reports=10))
    assert block == Block(1, 1, "begun", [1], begun=True, stored=False)
    again.close()
    assert open_spool().pending_reports == 1


def test_damage_found_while_running_refuses_once_and_then_goes_on(open_spool: Open, tmp_path: Path) -> None:
    spool = open_spool()
    run(lambda: put(spool))

    def wreck(connection: sqlite3.Connection) -> None:
        raise _corrupt()

    with pytest.raises(sqlite3.DatabaseError):
        spool.run(wreck)
    assert run(lambda: put(spool)) is True
    run(lambda: put(spool))  # saves the counts that the old file had
    assert held(spool.path) == spool.pending_reports == 2
    assert spool.ledger.totals()[REPORTS_ACCEPTED] == 3
    assert spool.ledger.totals()[REPORTS_SET_ASIDE] == 1
    assert [path for path in tmp_path.iterdir() if ".damaged-" in path.name]


def break_a_page_of_records(path: Path) -> None:
    """So that the file opens, and only who reads all of it finds out: a page names a wrong one as next."""
    content = bytearray(path.read_bytes())
    # The last of a chain of overflow pages: these begin with the number of the next one, others with a flag.
    pages = {at: content[at : at + 8192] for at in range(0, len(content), 8192)}
    last = max(at for at, page in pages.items() if page.startswith(b"\0\0\0\0") and b'"app":' in page)
    content[last : last + 4] = b"\xff\xff\xff\xf0"
    path.write_bytes(bytes(content))


def wait_until_set_aside(folder: Path) -> None:
    deadline = time.monotonic() + 30
    while not list(folder.glob("*.damaged-*")):
        assert time.monotonic() < deadline, "the damage was not found"
        time.sleep(0.02)


def fill_large(open_spool: Open) -> None:
    spool = open_spool()

    async def put_many() -> None:
        await asyncio.gather(*(put(spool) for _ in range(200)))

    run(put_many)
    spool.close()


def test_damage_in_a_large_file_is_found_after_the_start(
    open_spool: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_large(open_spool)
    break_a_page_of_records(tmp_path / "spool.sqlite")
    monkeypatch.setattr(spool_file, "LARGE_BYTES", 0)
    spool = open_spool()
    assert spool.pending_reports == 200
    wait_until_set_aside(tmp_path)
    assert run(lambda: put(spool)) is True
    assert spool.pending_reports == held(spool.path) == 1
    assert spool.ledger.totals()[REPORTS_SET_ASIDE] == 200


def test_damage_that_the_start_itself_meets_does_not_keep_it_from_starting(
    open_spool: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_large(open_spool)
    path = tmp_path / "spool.sqlite"
    with sqlite3.connect(path) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'groups'").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(root - 1) * 8192 : (root - 1) * 8192 + 12] = b"\xff" * 12
    path.write_bytes(bytes(content))
    monkeypatch.setattr(spool_file, "LARGE_BYTES", 0)
    spool = open_spool()
    assert spool.pending_reports == 0
    assert list(tmp_path.glob("*.damaged-*"))
    assert run(lambda: put(spool)) is True


def test_damage_in_a_small_file_is_found_before_the_start(open_spool: Open, tmp_path: Path) -> None:
    fill_large(open_spool)
    break_a_page_of_records(tmp_path / "spool.sqlite")
    assert open_spool().pending_reports == 0
    assert list(tmp_path.glob("*.damaged-*"))


def test_a_large_file_that_is_whole_stays_and_may_close_at_once(
    open_spool: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_large(open_spool)
    monkeypatch.setattr(spool_file, "LARGE_BYTES", 0)
    open_spool().close()
    spool = open_spool()
    assert run(lambda: put(spool)) is True
    assert spool.pending_reports == 201
    assert not list(tmp_path.glob("*.damaged-*"))


def test_damage_that_a_reader_finds_has_the_writer_go_on_with_a_fresh_file(
    open_spool: Open, tmp_path: Path
) -> None:
    spool = open_spool()
    run(lambda: put(spool))
    spool.report_damage(_corrupt())
    wait_until_set_aside(tmp_path)
    assert run(lambda: put(spool)) is True
    assert spool.ledger.totals()[REPORTS_SET_ASIDE] == 1


def _corrupt() -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def test_a_stopping_spool_says_so(open_spool: Open) -> None:
    spool = open_spool()
    spool.close()
    with pytest.raises(Refused) as refused:
        run(lambda: put(spool))
    assert refused.value.reason is Reason.STOPPING


def test_counts_are_never_seen_to_go_down_while_they_are_saved() -> None:
    ledger = Ledger()
    ledger.refuse(Reason.MALFORMED_JSON)
    before = ledger.totals()
    ledger.begin_save()
    assert ledger.totals() == before
    ledger.end_save({}, committed=False)
    assert ledger.totals() == before


def test_no_body_can_hold_the_separator_of_records() -> None:
    for report in (a_report(release="\x1e"), a_report(windows=[a_window()], note="\x1e")):
        raw = encoded(report).replace(b"\\u001e", b"\x1e")
        assert b"\x1e" in raw
        with pytest.raises(Refused) as refused:
            decode(raw)
        assert refused.value.reason is Reason.MALFORMED_JSON
