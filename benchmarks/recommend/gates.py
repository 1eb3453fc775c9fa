"""Arms that fail a gate are tempting: each costs a third of the best honest arm. None may be recommended.

A class starts on the engine's default and follows its plans, with a decision after each day. An arm that has
been refused may get the trickle by which it can come back, and no more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.recommend.played import SETTINGS, Played, draw, session
from benchmarks.recommend.worlds import DEVICE, SESSION_SD, Costs, sessions
from collector.contract.variant_quality import VariantQuality
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey, Visit
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.record import DecisionRecord

DAILY = (40, 40, 80, 160, 320)
"""Sessions of each day."""
COSTS: Costs = {Backend.WEBGL: 14.0, Backend.WASM_SIMD: 10.0, Backend.WEBGPU: 3.0}
TEMPTING = ArmKey(Backend.WEBGPU, "original")
QUANTIZED = ArmKey(Backend.WASM_SIMD, "int8")
FAILS = 0.05
"""Failed predictions of each session; at most 2 % are allowed."""
TROUBLED = 0.3
"""Sessions with an incident: more than are allowed, and a tenth of liars on top."""


@dataclass(frozen=True)
class World:
    """What is wrong with one arm, in its sessions or by what is known of it."""

    arm: ArmKey = TEMPTING
    spoil: Callable[[Visit, np.random.Generator], Visit] = lambda visit, _: visit
    given: Callable[[ModelInputs], ModelInputs] = lambda inputs: inputs


def _errors(visit: Visit, random: np.random.Generator) -> Visit:
    return replace(visit, errors=int(random.binomial(visit.predictions, FAILS)))


def _incidents(visit: Visit, random: np.random.Generator) -> Visit:
    return replace(
        visit, incidents=frozenset({"wrong_output"}) if random.random() < TROUBLED else frozenset()
    )


def _missing(visit: Visit, random: np.random.Generator) -> Visit:
    """A backend that does not start on half of the devices."""
    if random.random() < 0.5:
        return replace(visit, ready_ms=None, predictions=0, incidents=frozenset({"not_started"}))
    return visit


WORLDS: Mapping[str, World] = {
    "errors": World(spoil=_errors),
    "incidents": World(spoil=_incidents),
    "capability": World(spoil=_missing),
    "leak": World(given=lambda inputs: replace(inputs, leaking={Backend.WEBGPU: ["leak-1"]})),
    "agreement": World(
        arm=QUANTIZED,
        given=lambda inputs: replace(inputs, variants={"int8": VariantQuality(agreement=0.9, accuracy=None)}),
    ),
    "unmeasured": World(arm=QUANTIZED),
}


def violated(seeds: int) -> int:
    """Decisions of all worlds that recommend an arm which fails a gate, or publish it beyond its trickle."""
    return sum(_play(world, seed) for world in WORLDS.values() for seed in range(seeds))


def _play(world: World, seed: int) -> int:
    random = np.random.default_rng([seed, 21])
    costs = {key: ms for key, ms in COSTS.items() if key != Backend.WEBGPU or world.arm == TEMPTING}
    played = Played(costs, Backend.WEBGL, world.given)
    # People have forced the arm before, so that decisions know it from the first one on.
    forced = [_session(world.arm, world, random) for _ in range(25)]
    honest = [
        each
        for backend in (Backend.WEBGL, Backend.WASM_SIMD)
        for each in sessions(costs, backend, 25, random)
    ]
    played.decide([*forced, *honest])
    found = sum(_violates(record, world.arm) for record in played.records)
    for count in DAILY:
        came = [_session(draw(played.plan(), random), world, random) for _ in range(count)]
        played.decide(came)
        found += sum(_violates(record, world.arm) for record in played.records)
    return found


def _session(arm: ArmKey, world: World, random: np.random.Generator) -> Visit:
    ms = 3.0 if arm == world.arm else COSTS[arm.backend]
    visit = session(arm, float(ms * random.lognormal(0, SESSION_SD)), COSTS)
    visit = replace(visit, device=DEVICE)
    return world.spoil(visit, random) if arm == world.arm else visit


def _violates(record: DecisionRecord, arm: ArmKey) -> bool:
    """An arm of which too little is known is tried, which is no violation; recommending it is."""
    if record.recommended is not None and ArmKey(*record.recommended) == arm:
        return True
    evidence = next((each for each in record.arms if ArmKey(each.backend, each.variant) == arm), None)
    refused = evidence is not None and any(not gate.passed and not gate.lacks_data for gate in evidence.gates)
    share = sum(each.probability for each in record.propensities if ArmKey(each.backend, each.variant) == arm)
    return refused and share > SETTINGS.retry_share
