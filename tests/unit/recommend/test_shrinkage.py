"""What is believed of arms that ran in unlike classes."""

import numpy as np
import pytest

from collector.jobs.recommend.believing.effects import as_independent


def test_two_pairs_that_are_known_stay_known_where_nothing_is_known_of_one_pair_beside_the_other() -> None:
    """As two arms that a class raced, beside two that other classes compared."""
    covariance = np.diag([0.01, 0.01, 4.0, 4.0])
    covariance[2, 3] = covariance[3, 2] = 3.9
    first, second, third, fourth = as_independent(covariance)
    assert first + second == pytest.approx(0.02, rel=0.1)
    assert third + fourth == pytest.approx(0.2, rel=0.1)


def test_independent_effects_are_exact_whatever_they_have_in_common() -> None:
    assert as_independent(np.diag([1.0, 2.0, 3.0]) + 5) == pytest.approx([1.0, 2.0, 3.0])
