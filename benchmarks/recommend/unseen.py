"""What a device of a kind never seen is served, in fleets where not every device has WebGPU or WebGL."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from benchmarks.recommend.worlds import PREDICTIONS, arm
from collector.contract.capability import GRAPHICS, Capability
from collector.contract.config_document import ModelPlan
from collector.contract.device_class import DeviceClass, leaf
from collector.contract.vocabulary import Backend
from collector.jobs.publish.plan import make_plans
from collector.jobs.publish.settings import PublishSettings
from collector.jobs.recommend.arms import Visit
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.session_days import SessionDays
from collector.jobs.recommend.settings import RecommendSettings
from collector.remote_config.fitting import fit
from collector.remote_config.versions import no_version

KINDS = 10
SESSIONS = 30
"""Of each arm on each kind of device."""
SESSION_SD = 0.3
ARM_SD = 0.5
"""Log-sd of an arm's standing between kinds of device: how little one says of another."""
SHARE = {Backend.WEBGPU: 0.4, Backend.WEBGL: 0.9}
"""How many kinds of device have a backend; all have wasm with SIMD, and none has threads."""
PRIORITY = (Backend.WEBGPU, Backend.WEBGL, Backend.WASM_SIMD)
"""What the engine picks by itself, of what there is."""
SYSTEMS = ("windows", "linux", "macos")
Costs = Mapping[Backend, float]


class Served(NamedTuple):
    """Over all left-out kinds of device: geometric means of the cost over the best arm that it has."""

    default: float
    """Of the engine's own pick."""
    whole: float
    """Of a plan as a device gets it that says nothing: what does not start falls back."""
    fitted: float
    """Of a plan made to fit the device."""
    failed_starts: float
    """The share of their visits whose drawn arm does not start, of the whole plan; fitted, it is none."""


def unseen(seeds: int) -> Served:
    """Each kind of device of each fleet is left out in turn."""
    logs = np.array([found for seed in range(seeds) for found in _fleet(seed)])
    mean = logs.mean(axis=0)
    default, whole, fitted = (round(math.exp(each), 3) for each in mean[:3].tolist())
    return Served(default, whole, fitted, round(float(mean[3]), 3))


def _fleet(seed: int) -> Iterator[tuple[float, float, float, float]]:
    random = np.random.default_rng(seed)
    general = {Backend.WEBGPU: 10.0, Backend.WEBGL: 25.0, Backend.WASM_SIMD: 20.0}
    kinds: dict[DeviceClass, Costs] = {}
    for number in range(KINDS):
        system = SYSTEMS[number % len(SYSTEMS)]
        device = leaf({"form": "desktop", "os": system, "browser": "chromium", "gpu": f"maker-{number}"})
        speed = math.exp(0.5 * random.standard_normal())
        has = {backend: random.random() < SHARE.get(backend, 1.0) for backend in general}
        kinds[device] = {
            backend: ms * speed * math.exp(ARM_SD * random.standard_normal())
            for backend, ms in general.items()
            if has[backend]
        }
    visits = {device: _visits(device, costs, random) for device, costs in kinds.items()}
    for left_out, costs in kinds.items():
        others = [each for device, some in visits.items() if device != left_out for each in some]
        yield _judge(others, left_out, costs)


def _visits(device: DeviceClass, costs: Costs, random: np.random.Generator) -> list[Visit]:
    return [
        Visit(
            device=device,
            arm=arm(backend),
            predictions=PREDICTIONS,
            ready_ms=float(ms * math.exp(SESSION_SD * random.standard_normal())),
            start_ms=0.0,
            capable=frozenset(costs),
        )
        for backend, ms in costs.items()
        for _ in range(SESSIONS)
    ]


def _judge(visits: list[Visit], device: DeviceClass, costs: Costs) -> tuple[float, float, float, float]:
    """(log ratios as in ``Served``, the share of failed starts) of a kind of device that had no session."""
    defaults = {each.device: {_default(each.capable): 10} for each in visits}
    given = ModelInputs(app="bench", model="m", visits=SessionDays.of(visits), defaults=defaults)
    records = decide(given, RecommendSettings(explore_untried=False))
    plans = make_plans(records, {}, PublishSettings()).plans
    plan = replace(no_version("bench"), plans=plans).models(device).get("m")
    best = min(costs.values())
    own = costs[_default(costs)] / best
    if plan is None:
        return math.log(own), math.log(own), math.log(own), 0.0
    told, made = fit(plan, None), fit(plan, Capability(GRAPHICS - costs.keys()))
    whole, failed = _cost(told, costs) if told else (own * best, 0.0)
    fitted, none = _cost(made, costs) if made else (own * best, 0.0)
    if none:
        raise AssertionError("a plan that was made to fit draws what the device lacks")
    return math.log(own), math.log(whole / best), math.log(fitted / best), failed


def _default(has: Mapping[Backend, float] | frozenset[Backend]) -> Backend:
    return next(backend for backend in PRIORITY if backend in has)


def _cost(plan: ModelPlan, costs: Costs) -> tuple[float, float]:
    """(the expected cost, the share of visits whose drawn arm does not start)."""
    cost, failed = 0.0, 0.0
    # Plain wasm asks for whichever kind of it there is.
    runs = {**costs, Backend.WASM: costs[Backend.WASM_SIMD]}
    for each in plan.arms:
        ran = next((name for name in (each.backend, *plan.fallbacks) if name in runs), _default(costs))
        cost += each.probability * runs[ran]
        failed += each.probability * (each.backend not in runs)
    return cost, failed
