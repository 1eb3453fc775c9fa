"""Few clients serve many threads; nothing leaks and nothing waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from collector.store import StoreError, StoreUnavailable
from collector.store.pool import ClientPool


class Connection:
    """Counts how many threads use it at once, as a client that serves one must not."""

    def __init__(self) -> None:
        self.users = 0
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Maker:
    """Makes connections, or fails to."""

    def __init__(self) -> None:
        self.made: list[Connection] = []
        self.failing = False

    def __call__(self) -> Connection:
        if self.failing:
            raise StoreUnavailable("no answer")
        self.made.append(Connection())
        return self.made[-1]


def test_no_client_is_lent_twice_at_once_and_no_more_are_made_than_allowed() -> None:
    make = Maker()
    pool = ClientPool(make, size=3)  # type: ignore[arg-type]

    def work(_: int) -> int:
        with pool.borrow() as client:
            client.users += 1  # type: ignore[attr-defined]
            users: int = client.users  # type: ignore[attr-defined]
            threading.Event().wait(0.001)
            client.users -= 1  # type: ignore[attr-defined]
            return users

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(work, range(200))) == {1}
    assert len(make.made) <= 3
    pool.close()
    assert all(connection.closed for connection in make.made)


def test_a_connection_that_could_not_be_made_takes_no_place() -> None:
    make = Maker()
    pool = ClientPool(make, size=1)  # type: ignore[arg-type]
    make.failing = True
    for _ in range(3):
        with pytest.raises(StoreUnavailable, match="no answer"), pool.borrow():
            pass
    make.failing = False
    with pool.borrow():
        pass


def test_waiting_for_a_client_ends_with_an_error_that_says_so() -> None:
    pool = ClientPool(Maker(), size=1, wait_s=0.05)  # type: ignore[arg-type]
    with (
        pool.borrow(),
        pytest.raises(StoreUnavailable, match="1 connections stayed busy"),
        pool.borrow(),
    ):
        pass


def test_a_lent_client_is_closed_when_it_comes_back_to_a_closed_pool() -> None:
    make = Maker()
    pool = ClientPool(make, size=2)  # type: ignore[arg-type]
    with pool.borrow():
        pool.close()
        assert not make.made[0].closed
    assert make.made[0].closed
    with pytest.raises(StoreError, match="the store is closed"), pool.borrow():
        pass


def test_a_client_whose_call_raised_is_closed_counted_and_not_lent_again() -> None:
    make = Maker()
    pool = ClientPool(make, size=1)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError), pool.borrow():
        raise RuntimeError
    assert make.made[0].closed
    assert pool.dropped == 1
    with pool.borrow() as client:
        assert client is make.made[1]  # type: ignore[comparison-overlap]
    assert not make.made[1].closed


def test_who_waits_for_a_client_gets_a_new_one_in_place_of_one_that_was_dropped() -> None:
    pool = ClientPool(Maker(), size=1, wait_s=30)  # type: ignore[arg-type]
    waits = threading.Event()

    def wait() -> bool:
        waits.set()
        with pool.borrow():
            return True

    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(RuntimeError), pool.borrow():
            waiting = threads.submit(wait)
            waits.wait()
            raise RuntimeError
        assert waiting.result(10)


@pytest.mark.parametrize("ending", ["comes back", "raises", "idle", "never made"])
def test_a_closed_pool_tells_once_when_its_last_client_is_closed(ending: str) -> None:
    make = Maker()
    told: list[bool] = []
    pool = ClientPool(
        make, size=2, when_empty=lambda: told.append(make.made[0].closed if make.made else True)
    )  # type: ignore[arg-type]
    if ending == "idle":
        with pool.borrow():
            pass
    elif ending == "comes back":
        with pool.borrow():
            pool.close()
            assert told == []
    elif ending == "raises":
        with pytest.raises(StoreUnavailable), pool.borrow():
            pool.close()
            make.failing = True
            make()
    pool.close()
    pool.close()
    assert told == [True]
