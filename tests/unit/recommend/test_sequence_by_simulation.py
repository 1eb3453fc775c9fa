"""Error and power of the stopping rule, by simulation with fixed seeds and a look after every session.

These hold the claims of docs/decisions.md: run with ``-s`` to read the figures.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.committing.verdict import Contest, find_winner
from collector.jobs.recommend.counting.strata import Layout, Strata
from collector.jobs.recommend.settings import RecommendSettings
from tests.unit.recommend.visits import arm

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]
ARMS = [arm("webgl"), arm("wasm-simd"), arm("webgpu"), arm("cpu")]
EAGER = RecommendSettings(min_sessions=3)
USUAL = RecommendSettings()
NOISE: dict[str, Draw] = {
    "quiet": lambda random, n: random.normal(0, 0.1, n),
    "usual": lambda random, n: random.normal(0, 0.6, n),
    "loud": lambda random, n: random.normal(0, 1.2, n),
    "heavy tails (t3)": lambda random, n: 0.6 * random.standard_t(3, n),
    "skewed": lambda random, n: random.exponential(0.6, n),
    "bimodal": lambda random, n: random.normal(0, 0.2, n) + random.choice([0.0, 1.5], n, p=[0.8, 0.2]),
}


def one_leaf(values: dict[ArmKey, NDArray[np.float64]]) -> Strata:
    votes = np.concatenate(list(values.values()))
    arm = np.repeat(np.arange(len(values)), [len(mine) for mine in values.values()])
    layout = Layout(np.arange(len(votes)), np.zeros(len(votes), dtype=np.int64), arm, list(values))
    return Strata(votes, layout, USUAL.trim)


def first_commitment(
    values: dict[ArmKey, NDArray[np.float64]], looks: list[int], settings: RecommendSettings
) -> tuple[int, ArmKey] | None:
    alpha = settings.error / (len(values) - 1)
    for n in looks:
        contest = Contest(one_leaf({key: mine[:n] for key, mine in values.items()}), alpha, settings)
        winner, _ = find_winner(contest, list(values), None)
        if winner is not None:
            return n, winner
    return None


def looks_up_to(n: int, settings: RecommendSettings) -> list[int]:
    """Every session up to 40, then every few percent more."""
    first = range(settings.min_sessions, min(n, 40) + 1)
    return sorted({*first, *(int(size) for size in np.geomspace(40, max(n, 40), 25)), n})


@pytest.mark.parametrize(
    ("noise", "arms", "settings"),
    [*((noise, arms, EAGER) for arms in (2, 4) for noise in NOISE), ("usual", 2, USUAL), ("loud", 2, USUAL)],
)
def test_equal_arms_are_told_apart_in_at_most_one_run_of_twenty(
    noise: str, arms: int, settings: RecommendSettings
) -> None:
    random = np.random.default_rng(20261)
    runs, horizon, wrong = 300, 150, 0
    for _ in range(runs):
        values = {key: NOISE[noise](random, horizon) for key in ARMS[:arms]}
        wrong += first_commitment(values, looks_up_to(horizon, settings), settings) is not None
    print(
        f"A/A, {noise}, {arms} arms, from {settings.min_sessions} sessions on: {wrong / runs:.1%} committed"
    )
    assert wrong / runs <= 0.05


@pytest.mark.parametrize(
    ("gap", "spread", "settings", "within"),
    [(6.0, 0.25, EAGER, 6), (3.0, 0.15, EAGER, 8), (1.5, 0.6, USUAL, 80), (2.0, 0.6, USUAL, 30)],
)
def test_a_wide_gap_is_seen_after_few_sessions(
    gap: float, spread: float, settings: RecommendSettings, within: int
) -> None:
    random = np.random.default_rng(7)
    needed: list[int] = []
    for _ in range(40):
        values = {key: random.normal(math.log(gap), spread, 400) for key in ARMS}
        values[ARMS[1]] = random.normal(0, spread, 400)
        committed = first_commitment(values, looks_up_to(400, settings), settings)
        assert committed is not None
        assert committed[1] == ARMS[1]
        needed.append(committed[0])
    print(f"4 arms, {gap:g}x at log-sd {spread:g}: median {np.median(needed):g} sessions an arm")
    assert np.median(needed) <= within


@pytest.mark.parametrize("target", [ARMS[0], ARMS[1]])
@pytest.mark.parametrize("value", [math.log(1e-3), math.log(3.6e6), 0.0])
def test_a_tenth_of_hostile_sessions_does_not_move_a_choice(target: ArmKey, value: float) -> None:
    """The best is 2x ahead; one arm's last tenth of sessions says whatever the attacker likes."""
    random = np.random.default_rng(11)
    for _ in range(40):
        values = {
            ARMS[0]: random.normal(math.log(20), 0.6, 90),
            ARMS[1]: random.normal(math.log(10), 0.6, 90),
        }
        winner, _ = find_winner(Contest(one_leaf(values), 0.05, USUAL), ARMS[:2], None)
        poisoned = values | {target: np.append(values[target], [value] * 10)}
        after, _ = find_winner(Contest(one_leaf(poisoned), 0.05, USUAL), ARMS[:2], winner)
        assert after in (winner, ARMS[1])
        assert after is None or after == ARMS[1]


def test_hostile_sessions_alone_do_not_make_a_choice_between_equal_arms() -> None:
    """A/A, a tenth of one arm's sessions claims to be instant: the bias is real, and not believed."""
    random = np.random.default_rng(13)
    runs, wrong = 60, 0
    for _ in range(runs):
        values = {key: random.normal(0, 0.6, 900) for key in ARMS[:2]}
        hostile = random.random(900) < 0.09
        values[ARMS[0]] = np.where(hostile, math.log(1e-3), values[ARMS[0]])
        wrong += first_commitment(values, looks_up_to(900, USUAL), USUAL) is not None
    print(f"A/A with 9 % hostile: {wrong / runs:.1%} committed")
    assert wrong / runs <= 0.05
