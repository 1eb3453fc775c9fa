import numpy as np
import pytest

from benchmarks.leaks.pages import Shape, flat, leak, sawtooth, steps
from collector.contract.finding import FindingKind
from collector.jobs.leaks.growth import Growth, measure_growth
from collector.jobs.leaks.settings import GrowthThreshold, LeakSettings
from tests.unit.leaks.sessions import plateau, session, warm_up

SETTINGS = LeakSettings()
TENSORS = SETTINGS.tensors
HEALTHY: dict[str, tuple[Shape, ...]] = {
    "flat": (flat,),
    "sawtooth": (sawtooth,),
    "warm-up": (warm_up,),
    "plateau": (plateau,),
    "steps": (steps,),
    "sawtooth, warm-up and steps": (sawtooth, warm_up, steps),
}


def grow(at: list[int], values: list[int]) -> Growth | None:
    return measure_growth(
        np.array(at, dtype=np.int64),
        np.array(values, dtype=np.int64),
        warmup=5,
        min_span=20,
    )


def leaks(at: list[int], values: list[int], threshold: GrowthThreshold = TENSORS) -> bool:
    growth = grow(at, values)
    return growth is not None and growth.is_leak(threshold)


def share_of_leaks(seed: int, sessions: int, *shapes: Shape) -> float:
    random = np.random.default_rng(seed)
    verdicts = []
    for _ in range(sessions):
        one = session(random, *shapes)
        growth = measure_growth(one.predictions, one.signals[FindingKind.TENSOR_LEAK], warmup=5, min_span=20)
        assert growth is not None
        verdicts.append(growth.is_leak(TENSORS))
    return float(np.mean(verdicts))


@pytest.mark.parametrize("per_prediction", [1, 2, 7])
def test_a_forgotten_dispose_is_read_exactly(per_prediction: int) -> None:
    at = list(range(0, 60, 4))
    growth = grow(at, [180 + per_prediction * n for n in at])
    assert growth is not None
    assert growth.slope == per_prediction
    assert growth.is_leak(TENSORS)


def test_a_leak_is_exact_beneath_batches_of_temporary_tensors() -> None:
    at = list(range(1200))
    growth = grow(at, [180 + 2 * n + 5 * (n % 10) for n in at])
    assert growth is not None
    assert growth.slope == pytest.approx(2, abs=0.01)
    assert growth.is_leak(TENSORS)


def test_a_session_of_single_clicks_is_judged() -> None:
    at = list(range(40))
    assert leaks(at, [50 + 3 * n for n in at])
    assert not leaks(at, [50] * 40)


def test_warm_up_is_not_growth() -> None:
    at = list(range(0, 60, 3))
    assert not leaks(at, [100 + min(n, 5) * 40 for n in at])


def test_a_cache_that_fills_and_stops_is_not_a_leak() -> None:
    at = list(range(0, 300, 5))
    assert not leaks(at, [100 + min(n, 190) for n in at])


def test_a_leak_that_stops_is_not_one_any_more_and_one_that_goes_on_is() -> None:
    at = list(range(0, 300, 5))
    assert not leaks(at, [100 + min(n, 200) for n in at])
    assert leaks(at, [100 + n for n in at])


def test_disposing_in_batches_is_not_a_leak() -> None:
    at = list(range(0, 400, 2))
    assert not leaks(at, [100 + 3 * (n % 64) for n in at])


def test_models_loaded_later_are_steps_and_not_a_leak() -> None:
    at = list(range(0, 400, 5))
    assert not leaks(at, [100 + 200 * (n >= 150) + 300 * (n >= 250) + 100 * (n >= 390) for n in at])


def test_a_leak_of_one_in_ten_predictions_is_found() -> None:
    at = list(range(0, 1000, 10))
    assert leaks(at, [100 + n // 10 for n in at])


def test_growth_too_small_to_matter_is_not_a_leak() -> None:
    at = list(range(0, 60, 4))
    assert not leaks(at, [180 + n for n in at], GrowthThreshold(min_slope=0.05, min_growth=100))


@pytest.mark.parametrize("at", [[], [3], [0, 50], list(range(20)), [0, 1, 2, 3, 4, 5, 6, 200]])
def test_a_short_session_does_not_vote(at: list[int]) -> None:
    assert grow(at, [100 + n for n in at]) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_sessions_are_rarely_called_leaking(name: str) -> None:
    share = share_of_leaks(7, 500, *HEALTHY[name])
    print(f"{name}: {share:.1%} of healthy sessions called leaking")
    assert share <= 0.03  # Theil-Sen's bound alone: 15 % of the last kind


@pytest.mark.parametrize("per_prediction", [0.2, 1, 3])
def test_leaking_sessions_are_found_beneath_noise(per_prediction: float) -> None:
    share = share_of_leaks(11, 300, leak(per_prediction), warm_up)
    print(f"{per_prediction} tensors per prediction: {share:.1%} found")
    assert share >= 0.97
