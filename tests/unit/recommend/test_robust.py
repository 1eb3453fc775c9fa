import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from collector.jobs.recommend.counting.robust import trimmed_mean

VALUES = st.lists(st.floats(-20, 20), min_size=1, max_size=60)


@given(VALUES, st.sampled_from([0.0, 0.1, 0.2]))
def test_the_mean_is_scipys(values: list[float], trim: float) -> None:
    assert trimmed_mean(values, trim).mean == pytest.approx(stats.trim_mean(values, trim), abs=1e-9)


@given(VALUES, st.floats(-1e6, 1e6))
def test_a_tenth_of_hostile_values_stays_within_the_others_range(values: list[float], hostile: float) -> None:
    attack = math.floor(0.1 * len(values) / 0.9)
    poisoned = trimmed_mean([*values, *[hostile] * attack], 0.1)
    assert min(values) - 1e-9 <= poisoned.mean <= max(values) + 1e-9


@given(VALUES)
def test_low_and_high_bracket_the_mean(values: list[float]) -> None:
    place = trimmed_mean(values, 0.1)
    assert place.low - 1e-9 <= place.mean <= place.high + 1e-9


def test_the_standard_error_is_yuens() -> None:
    values = np.random.default_rng(1).normal(0, 1, 40)
    place = trimmed_mean(values, 0.1)
    winsorised = np.asarray(stats.mstats.winsorize(values, (0.1, 0.1)))
    want = math.sqrt(winsorised.var(ddof=1) * 39 / (32 * 31))
    assert place.standard_error(0.3, 0.0) == pytest.approx(want)


def test_few_equal_values_never_look_exact() -> None:
    assert trimmed_mean([1.0, 1.0, 1.0], 0.1).standard_error(0.3, 1.0) > 0.05


@pytest.mark.parametrize(("values", "trim"), [([], 0.1), ([1.0], 0.5), ([1.0], -0.1)])
def test_what_has_no_trimmed_mean_is_refused(values: list[float], trim: float) -> None:
    with pytest.raises(ValueError, match=r"mean of no values|trim lies in"):
        trimmed_mean(values, trim)
