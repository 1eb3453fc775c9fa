"""How soon a change of what the recommended arm costs is seen, and how often one that is none.

Soon: sessions of the recommended arm in the class from its getting 1.5 times as slow to the decision that
looks at its arms again, by the whole of ``decide``. None: looks at the newest 500 sessions of an arm, as many
as a decision reads of a kind of device, after every 20th, in worlds where what an arm costs stays as it is.
In the world of liars a tenth of the sessions begins to lie from one day to the next.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.recommend.commit import SETTINGS
from benchmarks.recommend.worlds import DEVICE, SESSION_SD, Costs, inputs, sessions
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey, Visit
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.watching.drift import find_change

COSTS: Costs = {Backend.WASM_SIMD: 10.0, Backend.WEBGL: 12.5}
BEST = ArmKey(Backend.WASM_SIMD, "original")
SLOWER = 1.5
BEFORE = 400
REST = 80
"""Sessions of the other arm before the change."""
MOST = 300
EVERY = 3
"""Sessions between two looks: what is found is at most two too high."""
WINDOW = 500
LOOK = 20
SESSIONS = 2500
"""Sessions of each seed and world without a change."""
Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]


def detect_n(seeds: int, liars: float = 0.0) -> float:
    """The median number of sessions until a change is seen; infinite when most are not."""
    return float(median(_detect(seed, liars) for seed in range(seeds)))


def _detect(seed: int, liars: float) -> float:
    random = np.random.default_rng([seed, 31])
    before = sessions(COSTS, BEST.backend, BEFORE, random)
    rest = sessions(COSTS, Backend.WEBGL, REST, random)
    slower = {**COSTS, BEST.backend: COSTS[BEST.backend] * SLOWER}
    after = sessions(slower, BEST.backend, MOST, random)
    # A share of the sessions claims to take no time, before the change and after it.
    before, after = ([_lie(each, liars, random) for each in group] for group in (before, after))
    dated = [replace(each, seen_at=float(number)) for number, each in enumerate([*before, *after])]
    others = [replace(each, seen_at=number * BEFORE / REST + 0.5) for number, each in enumerate(rest)]
    chosen = {place.key: BEST for place in DEVICE.ancestors()}
    for n in range(EVERY, MOST + 1, EVERY):
        given = inputs([*dated[: BEFORE + n], *others], Backend.WEBGL, incumbents=chosen)
        record = next(each for each in decide(given, SETTINGS) if each.device_class == DEVICE.key)
        if record.reopened is not None and record.state != "committed":
            return n
    return math.inf


def _lie(visit: Visit, share: float, random: np.random.Generator) -> Visit:
    return replace(visit, ready_ms=0.001) if random.random() < share else visit


def _normal(random: np.random.Generator, count: int) -> tuple[Numbers, Labels]:
    return SESSION_SD * random.standard_normal(count), np.zeros(count, dtype=np.int64)


def _tails(random: np.random.Generator, count: int) -> tuple[Numbers, Labels]:
    return 0.4 * random.standard_t(2.5, count), np.zeros(count, dtype=np.int64)


def _night(random: np.random.Generator, count: int) -> tuple[Numbers, Labels]:
    """A tenth slower in the evening than in the morning, 100 sessions a day, at a usual spread."""
    swing = 0.05 * np.sin(np.arange(count) * math.tau / 100)
    return 0.4 * random.standard_normal(count) + swing, np.zeros(count, dtype=np.int64)


def _mix(random: np.random.Generator, count: int) -> tuple[Numbers, Labels]:
    """Four kinds of device up to 20 times unlike in speed, whose shares change from week to week."""
    weeks = np.arange(count) // 350
    shares = random.dirichlet(np.ones(4), int(weeks[-1]) + 1)
    leaf = (random.random(count)[:, None] > np.cumsum(shares, axis=1)[weeks]).sum(axis=1).clip(0, 3)
    return SESSION_SD * random.standard_normal(count) + np.array([0.0, 1.0, 2.0, 3.0])[leaf], leaf


def _liars(random: np.random.Generator, count: int) -> tuple[Numbers, Labels]:
    """A tenth that claims to take a thousand times as long, in every other week."""
    lies = (random.random(count) < 0.1) & (np.arange(count) // 350 % 2 == 1)
    return 0.4 * random.standard_normal(count) + 7.0 * lies, np.zeros(count, dtype=np.int64)


HONEST = ("normal", "tails", "night", "mix")
WORLDS: Mapping[str, Callable[[np.random.Generator, int], tuple[Numbers, Labels]]] = {
    "normal": _normal,
    "tails": _tails,
    "night": _night,
    "mix": _mix,
    "liars": _liars,
}


def false_alarms(world: str, seeds: int) -> float:
    """How many in 100,000 sessions of a world."""
    found = sum(_alarms(world, seed) for seed in range(seeds))
    return round(found * 100_000 / (seeds * SESSIONS), 2)


def _alarms(world: str, seed: int) -> int:
    random = np.random.default_rng([seed, 32])
    costs, leaf = WORLDS[world](random, WINDOW + SESSIONS)
    times = np.arange(len(costs), dtype=np.float64)
    alarms, end = 0, WINDOW + LOOK
    while end <= len(costs):
        seen = slice(end - WINDOW, end)
        change = find_change(
            costs[seen],
            leaf[seen],
            times[seen],
            ratio=SETTINGS.drift_ratio,
            sessions=SETTINGS.drift_sessions,
        )
        # After an alarm what came before is not looked at any more.
        alarms, end = (alarms + 1, end + WINDOW) if change is not None else (alarms, end + LOOK)
    return alarms
