"""With up to a tenth of each arm's sessions hostile, a committed choice does not change."""

from itertools import product

import numpy as np
import pytest

from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import Visit
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.settings import RecommendSettings
from tests.unit.recommend.visits import LINUX, arm, inputs, visits

BEST = (Backend.WASM_SIMD, "original")
LATENCY = (1e-3, 10.0, 3.6e6)
SABOTAGE: dict[str, dict[str, object]] = {
    "slow or fast only": {},
    "all errors": {"errors": 4_000_000_000, "predictions": 4_000_000_000},
    "incidents": {"incidents": frozenset({"device_lost", "wrong_output"})},
    "killed": {"incidents": frozenset({"killed"})},
    "not started": {"incidents": frozenset({"not_started"})},
    "devices without it": {"capable": frozenset({Backend.CPU})},
}


def honest(seed: int) -> list[list[Visit]]:
    return [
        visits("webgl", 90, 30.0, seed=seed, spread=0.5),
        visits("wasm-simd", 90, 10.0, seed=seed, spread=0.5),
    ]


def chosen(given: ModelInputs) -> tuple[str, tuple[Backend, str] | None]:
    record = next(item for item in decide(given, RecommendSettings()) if item.device_class == LINUX.key)
    return record.state, record.recommended


@pytest.mark.parametrize("sabotage", SABOTAGE)
def test_a_committed_choice_stays(sabotage: str) -> None:
    random = np.random.default_rng(5)
    for seed, first, second in product(range(2), LATENCY, LATENCY):
        groups = honest(seed)
        assert chosen(inputs(*groups)) == ("committed", BEST)
        for backend, claim in (("webgl", first), ("wasm-simd", second)):
            spread = float(random.uniform(0, 0.5))
            groups.append(visits(backend, 10, claim, seed=seed, spread=spread, **SABOTAGE[sabotage]))
        everywhere = {place.key: arm("wasm-simd") for place in LINUX.ancestors()}
        assert chosen(inputs(*groups, incumbents=everywhere)) == ("committed", BEST)


@pytest.mark.parametrize("claim", LATENCY)
def test_latency_alone_does_not_even_delay_the_choice(claim: float) -> None:
    for seed in range(5):
        hostile = [visits(backend, 10, claim, seed=seed, spread=0.1) for backend in ("webgl", "wasm-simd")]
        assert chosen(inputs(*honest(seed), *hostile)) == ("committed", BEST)
