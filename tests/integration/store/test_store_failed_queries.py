"""A question that failed leaves nothing behind: the next one is answered with its own rows."""

import pytest

from collector.store import Store, StoreError

BIG = "SELECT number AS foreign FROM numbers(3000000)"
FAILING = {
    "row limit": f"{BIG} SETTINGS max_result_rows = 200000, max_block_size = 1000",
    "timeout": f"{BIG} WHERE sleepEachRow(0.001) = 0 SETTINGS max_execution_time = 0.5, max_block_size = 10",
    "error in the middle": f"{BIG} WHERE throwIf(number = 100000) = 0 SETTINGS max_block_size = 1000",
}


@pytest.mark.parametrize("failure", FAILING)
def test_the_next_questions_are_answered_with_their_own_rows(store: Store, failure: str) -> None:
    dropped = store.connections_dropped
    for tries in range(1, 4):
        with pytest.raises(StoreError):
            store.query_sql(FAILING[failure])
        assert store.connections_dropped == dropped + tries
        for n in range(3):
            assert store.query_sql("SELECT {n:UInt8} AS own", {"n": n}) == [{"own": n}]
