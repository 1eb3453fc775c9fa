"""Whether liars move what a fleet runs: a tenth of all sessions, and a fifth, of four kinds."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import numpy as np

from benchmarks.recommend.commit import SETTINGS
from benchmarks.recommend.worlds import DEVICE, Costs, inputs, race, races, sessions, visit
from collector.contract.device_class import ROOT
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey, Visit
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs, Race
from collector.jobs.recommend.published import Published, Share, Shares

KINDS = ("drawn", "crowd", "incidents", "races")
CLAIMED_MS = 0.001
HONEST = 1000
SHARES = {Backend.WASM_SIMD: 0.96, Backend.WEBGL: 0.03, Backend.WEBGPU: 0.01}
"""What a plan gives once it is committed: the best arm, the default that is held back, a loser."""
WORLDS: tuple[Costs, ...] = (
    {Backend.WASM_SIMD: 10.0, Backend.WEBGL: 13.0, Backend.WEBGPU: 20.0},
    {Backend.WASM_SIMD: 10.0, Backend.WEBGL: 30.0, Backend.WEBGPU: 15.0},
    {Backend.WASM_SIMD: 10.0, Backend.WEBGL: 100.0, Backend.WEBGPU: 100.0},
)
BEST, RAREST = Backend.WASM_SIMD, Backend.WEBGPU
Evidence = tuple[list[Visit], list[Race]]


def changed(kind: str, share: float, seeds: int) -> int:
    """In how many of ``seeds`` runs of each world the liars change what the class recommends.

    Each world is one where pages race, and one where none can.
    """
    runs = product(WORLDS, (True, False), range(seeds))
    return sum(_is_changed(kind, share, costs, seed, races_too=raced) for costs, raced, seed in runs)


def _is_changed(kind: str, share: float, costs: Costs, seed: int, *, races_too: bool) -> bool:
    random = np.random.default_rng([seed, KINDS.index(kind)])
    # What led to the commitment, then the traffic of its plan.
    told = [each for backend in costs for each in sessions(costs, backend, 60, random, 0.3)]
    raced = races(costs, 20, random) if races_too else []
    first = len(told)
    told += [
        each
        for backend, part in SHARES.items()
        for each in sessions(costs, backend, int(HONEST * part), random, 0.3)
    ]
    liars = int(share * HONEST / (1 - share))
    lies, lying_races = _lie(kind, costs, liars, random)
    chosen = {place.key: ArmKey(BEST, "original") for place in DEVICE.ancestors()}
    # The plan that tried all arms was of the days before; on the day of a change the larger share counts.
    plans = Published(
        [(first / len(told), _shares(dict.fromkeys(costs, 1 / 3))), (HONEST / len(told), _shares(SHARES))]
    )
    given = replace(
        inputs(told + lies, Backend.WEBGL, raced=raced + lying_races, incumbents=chosen), published=plans
    )
    return _recommended(given) != ArmKey(BEST, "original")


def _shares(given: Mapping[Backend, float]) -> Shares:
    """A plan for all devices."""
    return {ROOT: {ArmKey(backend, "original"): Share(part) for backend, part in given.items()}}


def _lie(kind: str, costs: Costs, liars: int, random: np.random.Generator) -> Evidence:
    if kind == "incidents":
        honest = sessions(costs, BEST, liars, random, 0.3)
        return [replace(each, incidents=frozenset({"context_lost"})) for each in honest], []
    if kind == "crowd":
        return [visit(RAREST, CLAIMED_MS, costs) for _ in range(liars)], []
    if kind == "races":
        # A race is drawn for at most as many installs as an honest one: a tenth of all races.
        claimed = {backend: CLAIMED_MS if backend is RAREST else 1000.0 for backend in costs}
        return [], [race(claimed, f"lie-{number}") for number in range(max(1, round(20 * liars / HONEST)))]
    drawn = random.choice(np.array(list(SHARES)), size=liars, p=list(SHARES.values()))
    return [visit(Backend(backend), CLAIMED_MS, costs) for backend in drawn], []


def _recommended(given: ModelInputs) -> ArmKey | None:
    record = next(each for each in decide(given, SETTINGS) if each.device_class == DEVICE.key)
    return ArmKey(*record.recommended) if record.recommended else None
