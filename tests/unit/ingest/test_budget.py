import pytest

from collector.ingest.budget import Budgets


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(budgets: Budgets, name: bytes, times: int) -> int:
    return sum(budgets.take(name) == 0 for _ in range(times))


def test_so_many_at_once_and_then_so_many_a_second(clock: Clock) -> None:
    budgets = Budgets(2.0, 5, kept=10, monotonic=clock)
    assert taken(budgets, b"a", 9) == 5
    clock.now += 3
    assert taken(budgets, b"a", 9) == 5  # six seconds' worth would be over what fits
    clock.now += 1
    assert taken(budgets, b"a", 9) == 2
    assert budgets.refused == 4 + 4 + 7


def test_the_wait_is_told_and_after_it_there_is_one(clock: Clock) -> None:
    budgets = Budgets(0.5, 1, kept=10, monotonic=clock)
    assert budgets.take(b"a") == 0
    assert budgets.take(b"a") == pytest.approx(2.0)
    clock.now += budgets.take(b"a")
    assert budgets.take(b"a") == 0


def test_one_name_takes_nothing_from_another(clock: Clock) -> None:
    budgets = Budgets(1.0, 3, kept=10, monotonic=clock)
    assert taken(budgets, b"loud", 100) == 3
    assert taken(budgets, b"quiet", 3) == 3


def test_what_is_kept_is_bounded_and_the_longest_unseen_goes_first(clock: Clock) -> None:
    budgets = Budgets(1.0, 1, kept=2, monotonic=clock)
    for name in (b"a", b"b", b"a", b"c", b"d"):
        budgets.take(name)
    assert len(budgets) == 2
    assert budgets.take(b"d") > 0
    assert budgets.take(b"a") == 0


def test_refusals_do_not_prolong_the_wait(clock: Clock) -> None:
    budgets = Budgets(1.0, 1, kept=2, monotonic=clock)
    taken(budgets, b"a", 1000)
    clock.now += 1
    assert budgets.take(b"a") == 0
