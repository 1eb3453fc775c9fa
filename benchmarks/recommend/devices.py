"""``leave_device_out``: what a device costs that is new to the fleet, or known by other models only.

Each device of a published table is left out in turn. The fleet has sessions of all models on all others, the
same number of every arm, as if it had tried them all; then the left-out device's models are given the plan
that would be served to it. Noise is drawn per device, model and arm: a device is the same in every fleet.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.recommend.worlds import A_DAY
from collector.contract.capability import Capability
from collector.contract.device_class import DeviceClass, leaf
from collector.contract.vocabulary import ENGINE_PRIORITY, Backend, RaceOutcome
from collector.jobs.publish.plan import make_plans
from collector.jobs.publish.settings import PublishSettings
from collector.jobs.recommend.arms import ArmKey, Visit
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs, Race, RacedArm
from collector.jobs.recommend.lessons import Lesson
from collector.jobs.recommend.reading.lent import lesson_of
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.session_days import SessionDays
from collector.jobs.recommend.settings import RecommendSettings
from collector.remote_config.fitting import fit
from collector.simulate.devices import name_devices, query
from collector.simulate.table import read_table

TABLE = Path(__file__).parent / "native_ncnn_devices.csv"
SESSIONS = 12
"""Of each arm, model and device."""
RACES = 8
"""Of each known model on the device that is left out, and as many sessions."""
SESSION_SD, RACE_SD = 0.3, 0.1
SETTINGS = RecommendSettings()
MAY_LACK = frozenset({Backend.WASM_SIMD, Backend.WASM_SIMD_THREADS, Backend.WEBGL, Backend.WEBGPU})
"""What a device can say it lacks."""
Costs = Mapping[Backend, float]
Lessons = Mapping[str, Lesson]


@cache
def table() -> dict[str, dict[str, Costs]]:
    """Device -> model -> backend -> ms, of pairs with two arms or more."""
    found: dict[str, dict[str, dict[Backend, float]]] = {}
    for row in read_table(TABLE):
        found.setdefault(row.device, {}).setdefault(row.model, {})[row.backend] = row.ms
    return {device: dict(models) for device, models in found.items()}


@cache
def classes() -> dict[str, DeviceClass]:
    """Device -> its leaf class."""
    named = name_devices(read_table(TABLE))
    return {name: leaf(query(device)) for (name, _), device in named.items()}


@cache
def abilities() -> dict[str, frozenset[Backend]]:
    """Device -> the backends that it has."""
    return {
        device: frozenset(backend for costs in models.values() for backend in costs)
        for device, models in table().items()
    }


def default_of(costs: Costs) -> Backend:
    """What the engine picks."""
    return next(backend for backend in ENGINE_PRIORITY if backend in costs)


def _random(seed: int, *parts: str) -> np.random.Generator:
    return np.random.default_rng([seed, *"/".join(parts).encode()])


@cache
def visits_of(device: str, model: str, seed: int) -> list[Visit]:
    """The sessions of a device that the fleet knows."""
    costs = table()[device][model]
    return [
        _visit(device, backend, ms)
        for backend, cost in costs.items()
        for ms in cost * _random(seed, device, model, backend).lognormal(0, SESSION_SD, SESSIONS)
    ]


def _visit(device: str, backend: Backend, ms: float) -> Visit:
    return Visit(
        device=classes()[device],
        arm=ArmKey(backend, "original"),
        predictions=100,
        ready_ms=float(ms),
        start_ms=0.0,
        capable=abilities()[device],
    )


def raced(device: str, model: str, count: int, seed: int) -> tuple[list[Race], list[Visit]]:
    """Races of all arms on a device, and the session of each that went on with the winner."""
    costs, random = table()[device][model], _random(seed, device, model, "races")
    races, visits = [], []
    for number in range(count):
        speed = random.lognormal(0, SESSION_SD)
        times = {backend: float(ms * speed * random.lognormal(0, RACE_SD)) for backend, ms in costs.items()}
        winner = min(times, key=lambda backend: times[backend])
        arms = {
            ArmKey(backend, "original"): RacedArm(
                RaceOutcome.MEASURED, ready_ms=ms, start_ms=0.0, won=backend == winner
            )
            for backend, ms in times.items()
        }
        races.append(Race(classes()[device], arms, f"{device}-{number}", A_DAY, capable=abilities()[device]))
        visits.append(_visit(device, winner, times[winner]))
    return races, visits


def records_of(
    model: str,
    devices: Iterable[str],
    seed: int,
    *,
    also: tuple[Sequence[Race], Sequence[Visit]] = ((), ()),
    lent: Mapping[str, Lessons] | None = None,
) -> list[DecisionRecord]:
    """What is decided about a model that ran on some devices."""
    ran = [device for device in devices if model in table()[device]]
    visits = [each for device in ran for each in visits_of(device, model, seed)]
    inputs = ModelInputs(
        app="bench",
        model=model,
        visits=SessionDays.of([*visits, *also[1]]),
        races=list(also[0]),
        defaults={classes()[device]: {default_of(table()[device][model]): 10} for device in ran},
        lent=lent or {},
    )
    return decide(inputs, SETTINGS)


def taught(records: Iterable[DecisionRecord]) -> dict[str, Lesson]:
    """What those records lend."""
    return {record.device_class: lesson_of(record) for record in records}


def served(records: Iterable[DecisionRecord], device: str, model: str) -> Backend:
    """What a device would run by those decisions: the plan made to fit what it says it lacks."""
    plans = make_plans(records, {}, PublishSettings()).plans
    costs = table()[device][model]
    keys = [place.key for place in classes()[device].ancestors()]
    plan = next((plans[key][model] for key in keys if model in plans.get(key, {})), None)
    made = plan and fit(plan, Capability(MAY_LACK - abilities()[device]))
    if made is None:
        return default_of(costs)
    first = max(made.arms, key=lambda arm: arm.probability).backend
    return next((each for each in [first, *made.fallbacks] if each in costs), default_of(costs))


def loss(device: str, model: str, backend: Backend) -> float:
    """The log of what an arm costs over the best one."""
    costs = table()[device][model]
    return math.log(costs[backend] / min(costs.values()))


APP = 4
"""Models of the app that a device is left out of."""
TARGETS = 2
"""Of them, those whose plan is looked at."""


def leave_out(device: str, seed: int) -> dict[str, list[float]]:
    """Figure -> losses of the target models on a device that the fleet does not know.

    ``none``: nothing is known of it. ``one``, ``three``: so many other models raced on it.
    ``doing_nothing``: the engine's default.
    """
    others = [each for each in table() if each != device]
    drawn = _random(seed, device).permutation(sorted(table()[device]))[:APP].tolist()
    decided = {model: records_of(model, others, seed) for model in drawn}
    found: dict[str, list[float]] = {
        "none": [loss(device, model, served(decided[model], device, model)) for model in drawn],
        "doing_nothing": [loss(device, model, default_of(table()[device][model])) for model in drawn],
        "one": [],
        "three": [],
    }
    apart = {model: taught(records) for model, records in decided.items()}
    known = {
        model: taught(records_of(model, others, seed, also=raced(device, model, RACES, seed)))
        for model in drawn
    }
    for model in drawn[:TARGETS]:
        rest = [each for each in drawn if each != model]
        for name, count in (("one", 1), ("three", 3)):
            lent = {each: (known if each in rest[:count] else apart)[each] for each in rest}
            arm = served(records_of(model, others, seed, lent=lent), device, model)
            found[name].append(loss(device, model, arm))
    return found


def leave_device_out(seed: int) -> dict[str, float]:
    """Each figure as a geometric mean over all devices and models: cost over that of the best arm."""
    losses: dict[str, list[float]] = {}
    for device in table():
        for name, values in leave_out(device, seed).items():
            losses.setdefault(name, []).extend(values)
    return {name: round(math.exp(float(np.mean(values))), 3) for name, values in losses.items()}
