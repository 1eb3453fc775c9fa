"""Sessions and races of one class whose arms' true costs are known."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from collector.contract.device_class import DeviceClass, leaf
from collector.contract.vocabulary import Backend, RaceOutcome
from collector.jobs.recommend.arms import ArmKey, Visit
from collector.jobs.recommend.inputs import ModelInputs, Race, RacedArm
from collector.jobs.recommend.session_days import SessionDays

SESSION_SD = 0.6
"""Log-sd of sessions of one class, devices of unlike speed among them."""
RACE_SD = SESSION_SD / 10**0.5
"""Log-sd of an arm within a race: a tenth of the variance."""
PREDICTIONS = 100
A_DAY = date(2026, 1, 1)
DEVICE = leaf({"form": "desktop", "os": "linux", "browser": "chromium", "gpu": "intel-gen12"})
Costs = Mapping[Backend, float]


def arm(backend: Backend) -> ArmKey:
    """The original variant on a backend."""
    return ArmKey(backend, "original")


def visit(backend: Backend, ready_ms: float, costs: Costs, device: DeviceClass = DEVICE) -> Visit:
    """One honest session."""
    return Visit(
        device=device,
        arm=arm(backend),
        predictions=PREDICTIONS,
        ready_ms=ready_ms,
        start_ms=0.0,
        capable=frozenset(costs),
    )


def sessions(
    costs: Costs, backend: Backend, count: int, random: np.random.Generator, sd: float = SESSION_SD
) -> list[Visit]:
    """Sessions of one arm."""
    drawn = costs[backend] * np.exp(sd * random.standard_normal(count))
    return [visit(backend, float(ms), costs) for ms in drawn]


def races(costs: Costs, count: int, random: np.random.Generator, sd: float = RACE_SD) -> list[Race]:
    """Races of all arms: each has a device of its own speed."""
    return [race_of(costs, f"race-{number}", random, sd) for number in range(count)]


def race_of(costs: Costs, session: str, random: np.random.Generator, sd: float = RACE_SD) -> Race:
    """A race of all arms on one device, which has a speed of its own."""
    speed = np.exp(SESSION_SD * random.standard_normal())
    times = {key: ms * speed * np.exp(sd * random.standard_normal()) for key, ms in costs.items()}
    return race({key: float(ms) for key, ms in times.items()}, session)


def race(times: Mapping[Backend, float], session: str) -> Race:
    """One race in which every arm was measured."""
    winner = min(times, key=lambda backend: (times[backend], backend))
    arms = {
        arm(backend): RacedArm(RaceOutcome.MEASURED, ready_ms=ms, start_ms=0.0, won=backend == winner)
        for backend, ms in times.items()
    }
    return Race(device=DEVICE, arms=arms, session=session, day=A_DAY, capable=frozenset(times))


def inputs(
    visits: Sequence[Visit],
    default: Backend,
    *,
    raced: Sequence[Race] = (),
    incumbents: Mapping[str, ArmKey] | None = None,
) -> ModelInputs:
    """What a job would read."""
    return ModelInputs(
        app="bench",
        model="model",
        visits=SessionDays.of(visits),
        races=list(raced),
        defaults={DEVICE: {default: 10}},
        incumbents=dict(incumbents or {}),
    )
