"""The detector: soon after a change, silent without one."""

import math

import numpy as np
import pytest

from collector.jobs.recommend.watching.drift import Change, find_change

SD = 0.6
BEFORE = 400
Numbers = np.ndarray


def sessions(seed: int, count: int, *, leaves: int = 1, sd: float = SD) -> tuple[Numbers, Numbers, Numbers]:
    """(log costs, leaf classes, times)."""
    random = np.random.default_rng(seed)
    leaf = random.integers(0, leaves, count)
    # Devices of one kind may be many times as fast as those of another.
    return sd * random.standard_normal(count) + 3.0 * leaf, leaf, np.arange(count, dtype=float)


def find(costs: Numbers, leaf: Numbers, times: Numbers, *, slower: bool = True) -> Change | None:
    return find_change(costs, leaf, times, ratio=1.5, sessions=100_000, slower=slower)


def sessions_until(costs: Numbers, leaf: Numbers, times: Numbers) -> int | None:
    """How many sessions after ``BEFORE`` the change is seen."""
    looks = range(1, len(costs) - BEFORE, 3)
    return next(
        (n for n in looks if find(costs[: BEFORE + n], leaf[: BEFORE + n], times[: BEFORE + n])), None
    )


@pytest.mark.parametrize("leaves", [1, 6])
def test_an_arm_that_gets_half_as_slow_again_is_found_within_50_sessions(leaves: int) -> None:
    found = []
    for seed in range(60):
        costs, leaf, times = sessions(seed, BEFORE + 200, leaves=leaves)
        costs[BEFORE:] += math.log(1.5)
        found.append(sessions_until(costs, leaf, times) or math.inf)
    print(f"sessions until a change of 1.5 is seen, {leaves} leaves: median {np.median(found)}")
    assert np.median(found) <= 50


def test_the_change_is_dated_and_measured() -> None:
    costs, leaf, times = sessions(1, BEFORE + 60, sd=0.2)
    costs[BEFORE:] += math.log(2)
    change = find(costs, leaf, times)
    assert change is not None
    assert abs(change.first - BEFORE) <= 3
    assert change.ratio == pytest.approx(2, rel=0.15)
    assert find(costs, leaf, times, slower=False) is None
    assert find(-costs, leaf, times, slower=False) is not None


def looks(costs: Numbers, leaf: Numbers, times: Numbers, every: int = 10) -> list[Change]:
    window = 500
    ends = range(window, len(costs), every)
    found = (find(costs[end - window : end], leaf[end - window : end], times[:window]) for end in ends)
    return [each for each in found if each is not None]


def test_nothing_is_found_where_nothing_changes() -> None:
    assert looks(*sessions(3, 10_000)) == []


def test_heavy_tails_are_no_change() -> None:
    costs, leaf, times = sessions(4, 10_000)
    costs = 0.4 * np.random.default_rng(4).standard_t(2.5, len(costs))
    assert looks(costs, leaf, times) == []


def test_a_tenth_of_liars_from_one_day_on_is_no_change() -> None:
    for seed in range(5):
        costs, leaf, times = sessions(seed, 1000, sd=0.3)
        liars = np.random.default_rng(seed).random(1000) < 0.1
        costs[liars & (times >= 500)] = 15.0
        assert looks(costs, leaf, times) == []


def test_day_and_night_are_no_change() -> None:
    costs, leaf, times = sessions(6, 5000, sd=0.3)
    assert looks(costs + 0.1 * np.sin(times / 30), leaf, times) == []


def test_another_mix_of_devices_is_no_change() -> None:
    costs, leaf, times = sessions(7, 1000, leaves=2)
    slow = np.flatnonzero(leaf == 1)
    # First mostly fast devices, then mostly slow ones, which take 20 times as long.
    order = np.concatenate([np.flatnonzero(leaf == 0)[:400], slow[:50], slow[50:300]])
    costs, leaf = costs[order], leaf[order]
    assert find(costs, leaf, times[: len(order)]) is None
    assert find(costs, np.zeros_like(leaf), times[: len(order)]) is not None


def test_what_arrived_at_once_has_no_order() -> None:
    costs, leaf, times = sessions(8, 600)
    costs = np.sort(costs)
    assert find(costs, leaf, np.zeros_like(times)) is None
    assert find(costs, leaf, times) is not None


def test_no_sessions_no_change() -> None:
    empty = np.empty(0)
    assert find(empty, np.empty(0, dtype=np.int64), empty) is None
    costs, leaf, times = sessions(9, 40)
    assert find(costs, leaf, times) is None
