"""Lines through many series at once, held against scipy's one by one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import theilslopes

from collector.jobs.leaks.theil_sen import fit_lines

SHAPES = {
    "noise": lambda random, n: random.normal(size=n),
    "few values": lambda random, n: random.integers(0, 3, n),
    "level": lambda _, n: np.full(n, 7),
    "leak": lambda random, n: np.arange(n) * 3 + random.integers(0, 2, n),
    "two levels": lambda _, n: np.where(np.arange(n) < n // 2, 1, 5),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("points", [2, 3, 4, 7, 12])
def test_they_are_those_of_scipy(shape: str, points: int) -> None:
    random = np.random.default_rng(points)
    x = np.cumsum(random.integers(1, 90, (50, points)), axis=1).astype(np.float64)
    y = np.array([SHAPES[shape](random, points) for _ in range(50)], dtype=np.float64)
    lines = fit_lines(x, y)
    expected = [theilslopes(levels, at, alpha=0.95) for at, levels in zip(x, y, strict=True)]
    assert_allclose(lines.slope, [line.slope for line in expected], atol=1e-12)
    assert_allclose(lines.intercept, [line.intercept for line in expected], atol=1e-9)
    assert_allclose(lines.slope_lower, [line.low_slope for line in expected], atol=1e-12)
