import asyncio
import sqlite3
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from collector.ingest.accounting import ITEMS_STORED, REPORTS_STORED, Count
from collector.ingest.age import Clocks
from collector.ingest.batch import Batch
from collector.ingest.batch_ids import forget_before
from collector.ingest.block import Block, let_go, mark_stored
from collector.ingest.columns import join_tables, to_tables
from collector.ingest.decode import decode, skim
from collector.ingest.drain import Drain
from collector.ingest.handover import Handover
from collector.ingest.records import read_block
from collector.ingest.saved_counts import read_counts
from collector.ingest.settings import SpoolSettings
from collector.ingest.spool import Spool
from collector.store import StoreUnavailable
from tests.integration.collector.drain_trouble import SETTINGS, Trouble, count, drained, fill
from tests.unit.ingest.reports import a_load, a_race, a_report, a_window, encoded, now_ms


def test_every_report_arrives_once_and_its_id_is_remembered(spool: Spool, store: Trouble) -> None:
    fill(spool, 35)
    drained(spool, store)
    assert count(store, "windows") == (70, 35)
    assert count(store, "loads") == (35, 35)
    totals = spool.ledger.totals()
    assert (totals[REPORTS_STORED], totals[ITEMS_STORED]) == (35, 105)
    assert spool.pending_bytes == 0
    remembered = spool.run(
        lambda connection: connection.execute("SELECT count(*) FROM batches").fetchone()[0]
    )
    assert remembered == 35


def test_a_race_is_stored_as_its_arms_and_counted_as_one_item(spool: Spool, store: Trouble) -> None:
    races = [a_race(), a_race(model="other", winner=None)]
    asyncio.run(spool.put(decode(encoded(a_report(windows=[], races=races))), now_ms()))
    drained(spool, store)
    assert spool.ledger.totals()[ITEMS_STORED] == 2
    rows = store.query_sql(
        "SELECT race, place, model, toString(backend) AS backend, ready_ms, winner FROM races "
        "ORDER BY race, place"
    )
    assert [tuple(row.values()) for row in rows] == [
        (0, 0, "blazeface", "webgl", 12.5, True),
        (0, 1, "blazeface", "cpu", None, False),
        (1, 0, "other", "webgl", 12.5, False),
        (1, 1, "other", "cpu", None, False),
    ]


def test_a_store_that_is_away_loses_nothing(spool: Spool, store: Trouble) -> None:
    store.before = [StoreUnavailable("away")] * 2
    fill(spool, 5)
    drained(spool, store)
    assert count(store, "windows") == (10, 5)


def test_an_insert_whose_answer_is_lost_is_repeated_without_effect(spool: Spool, store: Trouble) -> None:
    store.after = [StoreUnavailable("the answer was lost")]
    fill(spool, 5)
    drained(spool, store)
    assert count(store, "windows") == (10, 5)


def test_a_poisoned_record_is_kept_apart_and_blocks_nobody(spool: Spool, store: Trouble) -> None:
    fill(spool, 3)

    def poison(connection: sqlite3.Connection) -> None:
        bad = b'\x1e[1,{"app":7}]\x1e[1,{broken\x1e[1]'
        connection.execute(
            "INSERT INTO groups (reports, bytes, hour, ids, records) VALUES (3, ?, 0, x'', ?)",
            (len(bad), bad),
        )
        spool.pending_reports += 3
        spool.pending_bytes += len(bad)

    spool.run(poison)
    fill(spool, 3)
    drained(spool, store)
    assert count(store, "windows") == (12, 6)
    kept = spool.run(lambda connection: connection.execute("SELECT reason FROM quarantine").fetchall())
    assert len(kept) == 3
    totals = spool.ledger.totals()
    assert sum(n for what, n in totals.items() if what.outcome == "quarantined") == 3
    assert Count("reports", "quarantined", "unreadable_json") in totals


def ids_left(spool: Spool, store: Trouble, settings: SpoolSettings, expected: int) -> int:
    drain = Drain(spool, store, settings)  # type: ignore[arg-type]
    drain.start()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        left: int = spool.run(
            lambda connection: connection.execute("SELECT count(*) FROM batches").fetchone()[0]
        )
        if left == expected and not spool.pending_reports:
            break
        time.sleep(0.05)
    drain.stop()
    return left


def test_ids_beyond_the_horizon_are_forgotten(tmp_path: Path, store: Trouble) -> None:
    settings = SpoolSettings(linger_seconds=0.02, retry_horizon_hours=1)
    elapsed = 0.0
    spool = Spool(tmp_path / "old.sqlite", settings, Clocks(monotonic=lambda: elapsed))
    asyncio.run(spool.put(decode(encoded(a_report())), now_ms()))
    elapsed = 3 * 3600.0
    asyncio.run(spool.put(decode(encoded(a_report())), now_ms()))
    assert ids_left(spool, store, settings, 1) == 1
    spool.close()


@pytest.mark.parametrize("jump", [-56 * 365 * 24 * 3600, 10 * 365 * 24 * 3600])
def test_a_clock_that_is_set_forgets_no_id(tmp_path: Path, store: Trouble, jump: float) -> None:
    settings = SpoolSettings(linger_seconds=0.02, retry_horizon_hours=2)
    now = time.time()
    clocks = Clocks(system=lambda: now)
    path = tmp_path / "spool.sqlite"
    body = encoded(a_report())

    async def put(spool: Spool, body: bytes) -> bool:
        return await spool.put(decode(body), int(now * 1000))

    spool = Spool(path, settings, clocks)
    assert asyncio.run(put(spool, body)) is True
    now += jump  # while it runs
    assert asyncio.run(put(spool, encoded(a_report()))) is True
    assert ids_left(spool, store, settings, 2) == 2
    spool.close()
    for _ in range(2):  # and across restarts, there and back
        spool = Spool(path, settings, clocks)
        assert asyncio.run(put(spool, body)) is False
        assert ids_left(spool, store, settings, 2) == 2
        spool.close()
        now -= jump


def test_a_block_of_a_file_that_was_replaced_meanwhile_deletes_nothing_of_the_new_one(
    spool: Spool, store: Trouble
) -> None:
    """The new file counts its groups from 1 again, so the same range names other reports."""
    fill(spool, 3)
    stale = Block(1, 1_000, "another-spool-1-1000-whole", [1], begun=True, stored=False)
    spool.run(lambda connection: mark_stored(connection, stale, {REPORTS_STORED: 3}, []))
    assert spool.run(partial(let_go, block=stale)) == (0, 0, True)
    assert REPORTS_STORED not in read_counts(spool.reader())
    drained(spool, store)
    assert count(store, "windows") == (6, 3)


def test_what_was_handed_over_and_what_the_spool_holds_make_the_same_rows(spool: Spool) -> None:
    reports = [
        a_report(
            windows=[a_window(count=n + 1), a_window(model="other", memory=None)],
            loads=[a_load(fallbacks=[{"backend": "webgpu"}])],
            races=[a_race()] * (n % 3),
            dropped={"expired": n},
            stages=[
                {
                    "stage": "f",
                    "started_at": now_ms(),
                    "duration_ms": 1,
                    "count": 1,
                    "span_ms": {"buckets": [n], "counts": [1, -2, 3]},
                }
            ],
        )
        for n in range(20)
    ]

    async def put_all() -> None:
        await asyncio.gather(*(spool.put(skim(encoded(report)), now_ms()) for report in reports))

    asyncio.run(put_all())
    groups = [row[0] for row in spool.reader().execute("SELECT id FROM groups ORDER BY id")]
    handed_over, _ = read_block(spool, groups)
    from_disk, _ = read_block(spool, groups)  # nothing is handed over twice
    assert handed_over[0].reports[0] is not from_disk[0].reports[0]
    tables = join_tables(to_tables(batch) for batch in handed_over)
    assert set(tables) == {"windows", "loads", "stages", "races", "drops"}
    assert tables == join_tables(to_tables(batch) for batch in from_disk)
    assert tables == join_tables([to_tables(Batch.joined(from_disk))])


def test_past_the_bound_the_drain_decodes_from_the_spool(spool: Spool, store: Trouble) -> None:
    spool.handover = Handover(most_bytes=3000)
    fill(spool, 35)
    drained(spool, store)
    assert count(store, "windows") == (70, 35)


def test_ids_over_the_number_to_remember_are_forgotten_by_the_hour() -> None:
    settings = SpoolSettings(max_remembered=1000, retry_horizon_hours=10)
    hour = 1_000_000
    assert forget_before(Counter({hour: 900, hour - 1: 90}), hour, settings) == hour - 10
    assert forget_before(Counter({hour: 900, hour - 1: 101, hour - 2: 1}), hour, settings) == hour


def test_a_pause_gets_its_turn_of_a_drain_that_never_rests(
    spool: Spool, store: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain = Drain(spool, store, SETTINGS)  # type: ignore[arg-type]
    moved: list[float] = []

    def move() -> bool:
        time.sleep(0.002)
        moved.append(time.monotonic())
        return True

    monkeypatch.setattr(drain, "_move_block", move)
    monkeypatch.setattr(spool, "pending_reports", 1_000_000)
    drain.start()
    try:
        for _ in range(20):
            asked = time.monotonic()
            with drain.paused():
                entered = time.monotonic()
                time.sleep(0.05)
                assert all(not entered < at for at in moved)
            assert entered - asked < 0.5
    finally:
        monkeypatch.undo()
        drain.stop()
