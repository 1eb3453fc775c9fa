import pytest
from scipy.stats import binomtest

from collector.jobs.leaks.proportion import wilson_lower


@pytest.mark.parametrize(("successes", "trials"), [(0, 5), (1, 5), (3, 5), (5, 5), (12, 50), (2, 2)])
def test_the_bound_is_wilsons(successes: int, trials: int) -> None:
    interval = binomtest(successes, trials).proportion_ci(confidence_level=0.9, method="wilson")
    assert wilson_lower(successes, trials) == pytest.approx(interval.low, abs=1e-9)


def test_nothing_is_known_without_trials() -> None:
    assert wilson_lower(0, 0) == 0
