"""int8 with the scales that are worth their bytes."""

import numpy as np
from inferfleet_converters.onnx_scales import Stored, quantise, restored

RANDOM = np.random.default_rng(0)
WEIGHT = RANDOM.uniform(-1, 1, (64, 48, 3))
ROWS = 10.0 ** RANDOM.uniform(-2, 0, (64, 1, 1))
COLUMNS = 10.0 ** RANDOM.uniform(-2, 0, (1, 48, 1))


def error(values: np.ndarray, stored: Stored) -> float:
    return float(np.sqrt(np.mean((restored(stored) - values) ** 2) / np.mean(values**2)))


def shapes(stored: Stored) -> list[tuple[int, ...]]:
    return [scale.shape for scale in stored.scales]


def test_a_weight_gets_the_scales_that_it_needs() -> None:
    assert shapes(quantise(WEIGHT)) == [(1, 1, 1)]
    assert shapes(quantise(WEIGHT * ROWS)) == [(64, 1, 1)]
    assert shapes(quantise(WEIGHT * COLUMNS)) == [(1, 48, 1)]
    both = quantise(WEIGHT * ROWS * COLUMNS)
    assert sorted(shapes(both)) == [(1, 48, 1), (64, 1, 1)]
    assert both.levels.dtype == np.int8
    assert all(scale.dtype == np.float32 for scale in both.scales)
    # As exact as the weight that needs one scale alone. With one of them it is far worse.
    assert error(WEIGHT * ROWS * COLUMNS, both) < 1.3 * error(WEIGHT, quantise(WEIGHT))
    one = WEIGHT * ROWS * COLUMNS
    largest = np.abs(one).max(axis=(1, 2), keepdims=True) / 127
    assert error(one, both) < 0.7 * error(one, Stored(np.rint(one / largest).astype(np.int8), (largest,)))


def test_levels_reach_127_and_nothing_is_divided_by_zero() -> None:
    rows = WEIGHT * ROWS
    rows[3] = 0
    stored = quantise(rows)
    assert np.abs(stored.levels).max() == 127
    assert not restored(stored)[3].any()
    assert np.isfinite(restored(stored)).all()
    nothing = quantise(np.zeros((4, 4)))
    assert not restored(nothing).any()
    tiny = quantise(np.full((64, 64), 1e-44))
    assert np.isfinite(restored(tiny)).all()


def test_scales_that_weigh_more_than_they_save_are_left_out() -> None:
    thin = np.array(
        [[1.0, 1e-3]] * 40
    )  # 40 scales of rows would be twice the weight, two of columns are 10 %
    assert shapes(quantise(thin)) == [(1, 1)]
