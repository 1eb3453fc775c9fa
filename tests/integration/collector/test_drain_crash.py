"""The process dies somewhere in a block: each report is stored once, counted once, and known by its id."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from collector.ingest.accounting import ITEMS_STORED, REPORTS_STORED
from collector.ingest.decode import skim
from collector.ingest.drain import Drain
from collector.ingest.spool import Spool
from tests.integration.collector.drain_trouble import SETTINGS, Trouble, count, drained, fill
from tests.unit.ingest.reports import a_report, a_window, encoded, now_ms


class Died(BaseException):
    """Not an Exception: nothing of the drain may handle it, as nothing handles a kill."""


def test_a_crash_between_insert_and_tombstone_replays_into_a_no_op(tmp_path: Path, store: Trouble) -> None:
    spool = Spool(tmp_path / "crash.sqlite", SETTINGS)
    fill(spool, 8)
    store.after = [Died()]  # type: ignore[list-item]
    with pytest.raises(Died):
        Drain(spool, store, SETTINGS)._drain_block()  # type: ignore[arg-type]
    spool.close()
    assert count(store, "windows")[0] + count(store, "loads")[0] > 0
    again = Spool(tmp_path / "crash.sqlite", SETTINGS)
    assert again.pending_reports == 8
    fill(again, 3)  # what arrived since must not join the block that was begun
    drained(again, store)
    again.close()
    assert count(store, "windows") == (22, 11)
    assert count(store, "loads") == (11, 11)


def dies_before(step: int, spool: Spool, store: Trouble, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Drains a block; the process dies before the n-th transaction. Whether it came to that."""
    transactions = 0
    run = spool.run

    def die_in_time(work: Any) -> Any:
        nonlocal transactions
        if transactions == step:
            raise Died
        transactions += 1
        return run(work)

    monkeypatch.setattr(spool, "run", die_in_time)
    try:
        Drain(spool, store, SETTINGS)._drain_block()  # type: ignore[arg-type]
    except Died:
        return True
    return False


def die_after_the_first_insert(spool: Spool, store: Trouble) -> None:
    store.after = [Died()]  # type: ignore[list-item]
    with pytest.raises(Died):
        Drain(spool, store, SETTINGS)._drain_block()  # type: ignore[arg-type]


def test_a_replay_is_a_no_op_for_a_store_that_forgot_its_tokens(spool: Spool, store: Trouble) -> None:
    """As after a power cut: the engine syncs rows, and not the list of tokens."""
    fill(spool, 6)
    die_after_the_first_insert(spool, store)
    store.store.execute("ALTER TABLE windows MODIFY SETTING non_replicated_deduplication_window = 0")
    try:
        drained(spool, store)
    finally:
        store.store.execute("ALTER TABLE windows MODIFY SETTING non_replicated_deduplication_window = 10000")
    assert count(store, "windows") == (12, 6)
    assert count(store, "loads") == (6, 6)


def test_a_replay_brings_back_rows_whose_token_outlived_them(spool: Spool, store: Trouble) -> None:
    fill(spool, 6)
    die_after_the_first_insert(spool, store)
    store.store.execute(
        "ALTER TABLE windows DELETE WHERE batch_id = (SELECT min(batch_id) FROM windows) SETTINGS"
        " mutations_sync = 1, allow_nondeterministic_mutations = 1"
    )
    assert count(store, "windows") == (10, 5)
    drained(spool, store)
    assert count(store, "windows") == (12, 6)
    assert count(store, "loads") == (6, 6)


def _ids(spool: Spool) -> list[tuple[str, bool]]:
    """Puts eight known batches; which of them are new."""

    async def put_all() -> list[tuple[str, bool]]:
        names = [f"retry{n:017d}" for n in range(8)]
        bodies = [encoded(a_report(batch_id=name, windows=[a_window()])) for name in names]
        new = await asyncio.gather(*(spool.put(skim(body), now_ms()) for body in bodies))
        return list(zip(names, new, strict=True))

    return asyncio.run(put_all())


@pytest.mark.parametrize("step", range(9))
def test_a_crash_before_any_write_of_the_drain_stores_each_batch_once_and_knows_its_retry(
    step: int, tmp_path: Path, store: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies before the n-th transaction of the drain: block, insert, ids in parts, end."""
    monkeypatch.setattr("collector.ingest.spool.CHUNK_IDS", 3)
    spool = Spool(tmp_path / "crash.sqlite", SETTINGS)
    assert all(new for _, new in _ids(spool))
    died = dies_before(step, spool, store, monkeypatch)
    assert died is (step < 8)  # the range, its ids, three parts of them, their settling, stored, gone
    spool.close()
    again = Spool(tmp_path / "crash.sqlite", SETTINGS)
    assert not any(new for _, new in _ids(again))
    drained(again, store)
    assert not any(new for _, new in _ids(again))
    again.close()
    assert count(store, "windows") == (8, 8)


@pytest.mark.parametrize("step", range(10))
def test_a_crash_while_groups_leave_stores_and_counts_each_report_once(
    step: int, tmp_path: Path, store: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.ingest.block.BYTES_LET_GO", 1)
    spool = Spool(tmp_path / "crash.sqlite", SETTINGS)
    for _ in range(4):
        fill(spool, 1)
    died = dies_before(step, spool, store, monkeypatch)
    assert died is (step < 9)  # the range, its ids, one part of them, their settling, stored, four gone
    spool.close()
    again = Spool(tmp_path / "crash.sqlite", SETTINGS)
    fill(again, 1)
    drained(again, store)
    assert count(store, "windows") == (10, 5)
    assert again.ledger.totals()[REPORTS_STORED] == 5
    assert again.ledger.totals()[ITEMS_STORED] == 15
    assert (again.pending_reports, again.pending_bytes) == (0, 0)
    again.close()
