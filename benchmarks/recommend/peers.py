"""What learning costs visitors, beside textbook bandits on the same sessions.

Every policy decides once a day, after the day's sessions, and starts on the engine's default for a day. What
each session would take on each arm is drawn once and is the same for all of them. Wasted is what visitors
waited over the best arm, as a share of what it would have taken; ``default`` never changes anything. The
bandits may give a visitor any arm: no gates, no budget, no limit to what one visitor bears, no error that is
kept to 5 %. ``ours`` is of pages that cannot race, ``ours_racing`` of those that can: a race costs its
visitor ``RUNS`` predictions of each arm, beside the session's own.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.recommend.played import Played, session
from benchmarks.recommend.worlds import PREDICTIONS, SESSION_SD, Costs, arm, race_of
from collector.contract.vocabulary import Backend

DAYS = 14
DAILY = 50
DEFAULT = Backend.WEBGL
WORLDS: Mapping[str, Costs] = {
    "near": {Backend.WEBGL: 12.0, Backend.WASM_SIMD: 10.0, Backend.WEBGPU: 14.0},
    "usual": {Backend.WEBGL: 20.0, Backend.WASM_SIMD: 10.0, Backend.WEBGPU: 14.0},
    "far": {Backend.WEBGL: 20.0, Backend.WASM_SIMD: 10.0, Backend.WEBGPU: 200.0},
    "right": {Backend.WEBGL: 10.0, Backend.WASM_SIMD: 20.0, Backend.WEBGPU: 30.0},
}
RUNS = 8
EPSILON = 0.1
CONFIDENCE = 0.05
Numbers = NDArray[np.float64]
Seen = Mapping[Backend, Sequence[float]]
Shares = Mapping[Backend, float]
Policy = Callable[[Seen, np.random.Generator], Shares]


def wasted(name: str, seeds: int) -> float:
    """The mean over all worlds and seeds of what a policy wastes."""
    play = _bandit(POLICIES[name]) if name in POLICIES else partial(_ours, racing=name == "ours_racing")
    runs = [play(costs, seed) for costs in WORLDS.values() for seed in range(seeds)]
    return round(float(np.mean(runs)), 4)


def _ours(costs: Costs, seed: int, *, racing: bool) -> float:
    random = np.random.default_rng([seed, 8])
    played = Played(costs, DEFAULT)
    spent = 0.0
    for day in range(DAYS):
        plan = played.plan()
        chosen = _follow({key.backend: share for key, share in plan.items()}, day, seed)
        took = _took(costs, day, seed)
        raced = played.raced_arms(len(chosen), random) if racing else [()] * len(chosen)
        for number, arms in enumerate(raced):
            if arms:
                run = race_of({key.backend: costs[key.backend] for key in arms}, f"{day}-{number}", random)
                played.races.append(run)
                spent += sum(costs[key.backend] for key in arms) * RUNS / PREDICTIONS
                chosen[number] = run.winner.backend if run.winner else chosen[number]
        spent += sum(costs[backend] for backend in chosen)
        came = [session(arm(backend), took[backend][number], costs) for number, backend in enumerate(chosen)]
        played.decide(came)
    return spent / (DAYS * DAILY * min(costs.values())) - 1


def _bandit(policy: Policy) -> Callable[[Costs, int], float]:
    def play(costs: Costs, seed: int) -> float:
        random = np.random.default_rng([seed, 9])
        seen: dict[Backend, list[float]] = {backend: [] for backend in costs}
        spent, shares = 0.0, {DEFAULT: 1.0}
        for day in range(DAYS):
            took = _took(costs, day, seed)
            for number, backend in enumerate(_follow(shares, day, seed)):
                spent += costs[backend]
                seen[backend].append(math.log(took[backend][number]))
            shares = dict(policy(seen, random))
        return spent / (DAYS * DAILY * min(costs.values())) - 1

    return play


def _took(costs: Costs, day: int, seed: int) -> dict[Backend, list[float]]:
    """What each session of a day would take on each arm."""
    random = np.random.default_rng([seed, day, 5])
    return {
        backend: (ms * np.exp(SESSION_SD * random.standard_normal(DAILY))).tolist()
        for backend, ms in costs.items()
    }


def _follow(shares: Shares, day: int, seed: int) -> list[Backend]:
    """The arm of each session of a day; the same draws for all policies."""
    draws = np.random.default_rng([seed, day, 6]).random(DAILY)
    names = sorted(shares)
    ends = np.cumsum([shares[name] for name in names])
    return [names[min(int(np.searchsorted(ends, draw * ends[-1])), len(names) - 1)] for draw in draws]


def _greedy(seen: Seen, _: np.random.Generator) -> Shares:
    """Epsilon-greedy: the best mean so far, and each arm a part of a tenth."""
    best = min((one for one in seen if seen[one]), key=lambda one: float(np.mean(seen[one])))
    return {one: EPSILON / len(seen) + (1 - EPSILON if one == best else 0.0) for one in seen}


def _thompson(seen: Seen, random: np.random.Generator) -> Shares:
    """Thompson sampling of log costs with their true deviation, and a prior as wide as tables are."""
    drawn = {one: _posterior(values, random) for one, values in seen.items()}
    best = np.argmin(np.array(list(drawn.values())), axis=0)
    return {one: float((best == place).mean()) for place, one in enumerate(drawn)}


def _posterior(values: Sequence[float], random: np.random.Generator) -> Numbers:
    prior_mean, prior_sd = math.log(20.0), 1.0
    precision = 1 / prior_sd**2 + len(values) / SESSION_SD**2
    mean = (prior_mean / prior_sd**2 + sum(values) / SESSION_SD**2) / precision
    return np.asarray(random.normal(mean, precision**-0.5, 2000))


def _elimination(seen: Seen, _: np.random.Generator) -> Shares:
    """Successive elimination: all arms alike, without those that are surely not the best."""
    bounds: dict[Backend, tuple[float, float]] = {}
    for one, values in seen.items():
        n = len(values)
        width = SESSION_SD * math.sqrt(2 * math.log(4 * len(seen) * n**2 / CONFIDENCE) / n) if n else math.inf
        mean = float(np.mean(values)) if n else 0.0
        bounds[one] = (mean - width, mean + width)
    least = min(high for _, high in bounds.values())
    left = [one for one, (low, _) in bounds.items() if low <= least]
    return dict.fromkeys(left, 1 / len(left))


def _stay(seen: Seen, _: np.random.Generator) -> Shares:
    return {DEFAULT: 1.0}


POLICIES: Mapping[str, Policy] = {
    "epsilon_greedy": _greedy,
    "thompson": _thompson,
    "successive_elimination": _elimination,
    "default": _stay,
}
NAMES = ("ours", "ours_racing", *POLICIES)
