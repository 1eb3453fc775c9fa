import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from collector.jobs.recommend.counting.medians import median, medians

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@given(VALUES)
def test_one_median_is_that_of_numpy(values: list[float]) -> None:
    assert median(np.array(values)) == np.median(values)


@given(st.lists(VALUES, min_size=1, max_size=300), st.randoms(use_true_random=False))
def test_the_medians_of_groups_are_those_of_numpy(groups: list[list[float]], random: object) -> None:
    pairs = [(value, index) for index, values in enumerate(groups) for value in values]
    random.shuffle(pairs)  # type: ignore[attr-defined]
    found = medians(np.array([value for value, _ in pairs]), np.array([index for _, index in pairs]))
    assert found.tolist() == [np.median(values) for values in groups]
