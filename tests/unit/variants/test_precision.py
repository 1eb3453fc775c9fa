"""When a cell's time is known, and that ending there costs nothing that matters."""

import numpy as np
import pytest

from collector.variants.evaluate.precision import half_interval, settled

RUNS = 10
WITHIN = 0.1


def test_four_times_that_are_alike_are_enough_and_three_are_not() -> None:
    assert settled([460.0, 455.0, 463.0, 458.0], WITHIN)
    assert not settled([460.0, 460.0, 460.0], WITHIN)
    assert settled([2.0] * 4, WITHIN)


@pytest.mark.parametrize(
    "ready_ms",
    [
        [533.0, 528.0, 476.0, 472.0],  # still getting faster
        [460.0, 455.0, 463.0, 700.0],  # one outlier
        [460.0, 600.0, 500.0, 700.0],  # a busy machine
    ],
)
def test_drift_outliers_and_noise_ask_for_more(ready_ms: list[float]) -> None:
    assert not settled(ready_ms, WITHIN)


def test_no_width_is_narrow_enough_for_zero() -> None:
    assert not settled([460.0, 455.0, 463.0, 458.0] * 20, 0)


def test_the_interval_holds_the_p75_as_often_as_it_says() -> None:
    random = np.random.default_rng(7)
    true = 100 + 0.67449 * 5
    for count in (4, 6, 10):
        held = 0
        for times in random.normal(100, 5, (4000, count)):
            middle = times.mean() + 0.67449 * times.std(ddof=1)
            held += abs(middle - true) <= half_interval([*times]) * times.mean()
        assert 0.93 < held / 4000 < 0.98


@pytest.mark.parametrize("spread", [0.02, 0.05, 0.1])
def test_ending_early_leaves_the_p75_within_a_tenth(spread: float) -> None:
    """A rule that looks again after each run stops too early now and then: how often, is counted here."""
    random = np.random.default_rng(7)
    sigma = np.sqrt(np.log1p(spread**2))
    true = np.exp(0.67449 * sigma)
    off, made = 0, 0
    for times in random.lognormal(0, sigma, (2000, RUNS)):
        count = next((at for at in range(4, RUNS) if settled([*times[:at]], WITHIN)), RUNS)
        made += count
        off += abs(np.percentile(times[:count], 75) / true - 1) > WITHIN
    assert off / 2000 < 0.06
    assert made / 2000 < (4.5 if spread < 0.1 else 7.5)
