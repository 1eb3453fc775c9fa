"""Labelled series: what was done to a fleet, and what ought to be found."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.regressions.fleet import DAY_S, MACHINES, NAMES, Drawn, Fleet
from collector.contract.finding import FindingKind

AT = 13.0
"""The day on which things happen; the fleet's fourth release comes on it, at ten o'clock."""
RELEASE = "1.4.0"
LIBRARY = "tfjs/4.23.0"
"""Newer than what the fleet runs."""
FLEET = Fleet(days=20)


@dataclass(frozen=True)
class Truth:
    """What ought to be found."""

    kind: FindingKind
    axis: str
    version: str
    """Empty: any; of days, the day on which it began or the one after."""
    facts: dict[str, object] = field(default_factory=dict)
    """What the affected sessions have in common."""


@dataclass(frozen=True)
class Scenario:
    """A series: how it is drawn, and its label."""

    name: str
    change: Callable[[Drawn], None]
    truth: Truth | None = None
    fleet: Fleet = FLEET


def _since(drawn: Drawn) -> np.ndarray:
    return np.isin(
        drawn.facts["release"], [name for name in drawn.releases if _number(name) >= _number(RELEASE)]
    )


def _number(release: str) -> int:
    return int(release.split(".")[1])


def slow_release(factor: float, **facts: object) -> Callable[[Drawn], None]:
    """A release that is slower, for visitors with some facts."""

    def change(drawn: Drawn) -> None:
        drawn.slow(_since(drawn) & drawn.where(**facts), factor)

    return change


def _tail(drawn: Drawn) -> None:
    drawn.tail[_since(drawn)] += np.log(1.4)


def _start(drawn: Drawn) -> None:
    drawn.begin[_since(drawn)] += np.log(1.3)


def _frames(drawn: Drawn) -> None:
    """Pages do more between predictions, which take as long as ever. Only ``face`` has frames at all."""
    drawn.gap[_since(drawn) & drawn.where(form="mobile", model="face")] += np.log(3)


def _memory(drawn: Drawn) -> None:
    drawn.memory[_since(drawn) & drawn.where(backend="webgl")] += np.log(1.3)


def _errors(drawn: Drawn) -> None:
    drawn.errors |= _since(drawn) & drawn.where(browser="safari") & (drawn.rng.random(len(drawn.at)) < 0.08)


def _incidents(drawn: Drawn) -> None:
    drawn.incidents |= (
        _since(drawn) & drawn.where(backend="webgpu") & (drawn.rng.random(len(drawn.at)) < 0.06)
    )


def _browser(drawn: Drawn) -> None:
    rows = drawn.where(browser="chromium", backend="webgl") & (drawn.facts["browser_major"] >= 131)
    drawn.slow(rows, 1.5)


def exchange(
    axis: str, version: str, factor: float, share: float = 0.5, **facts: object
) -> Callable[[Drawn], None]:
    """A library or a model that some visitors get instead of the one before, in all releases."""

    def change(drawn: Drawn) -> None:
        of_model = (
            drawn.where(model=facts["model"]) if "model" in facts else np.ones(len(drawn.at), dtype=bool)
        )
        newer = of_model & (drawn.day >= AT) & (drawn.rng.random(len(drawn.at)) < share)
        drawn.facts[axis][newer] = version
        drawn.slow(newer & drawn.where(**facts), factor)

    return change


def _library_with_release(drawn: Drawn) -> None:
    """A release brings a new version of the library to all of its sessions."""
    drawn.facts["engine_version"][_since(drawn)] = LIBRARY
    drawn.slow(_since(drawn) & drawn.where(backend="webgl"), 1.4)


def _drift(drawn: Drawn) -> None:
    drawn.slow(drawn.where(form="mobile") & (drawn.day >= AT), 1.3)


def _nothing(drawn: Drawn) -> None:
    del drawn


def _phones_first(drawn: Drawn) -> None:
    """The release reaches desktops three days later."""
    late = _since(drawn) & drawn.where(form="desktop") & (drawn.day < AT + 3.4)
    drawn.facts["release"][late] = "1.3.0"


def _repeat(
    drawn: Drawn, rows: np.ndarray, n: int, day: float, days: float, values: tuple[float, float]
) -> None:
    """Adds ``n`` sessions like some of ``rows``, with latencies of their own."""
    picked = drawn.rng.choice(np.flatnonzero(rows), n)
    at = drawn.fleet.start.timestamp() + (day + drawn.rng.random(n) * days) * DAY_S
    level = drawn.rng.normal(*values, n)
    for name in NAMES:
        drawn.facts[name] = np.concatenate([drawn.facts[name], drawn.facts[name][picked]])
    for name in ("begin", "gap", "memory", "errors", "incidents", "predictions"):
        setattr(drawn, name, np.concatenate([getattr(drawn, name), getattr(drawn, name)[picked]]))
    drawn.ready = np.concatenate([drawn.ready, level])
    drawn.tail = np.concatenate([drawn.tail, level + 0.3])
    drawn.at = np.concatenate([drawn.at, at])


def _heavy_user(drawn: Drawn) -> None:
    """One slow phone opens the page eighty times a day, after the release."""
    rows = drawn.where(gpu="adreno-6xx", backend="webgl", model="face", memory_gb=4) & (
        drawn.facts["release"] == RELEASE
    )
    _repeat(
        drawn,
        rows & (drawn.facts["browser_major"] == drawn.facts["browser_major"][rows].max()),
        320,
        AT + 0.5,
        4,
        (5.6, 0.12),
    )


def _bot(drawn: Drawn) -> None:
    """A bot that does not say so, on a machine without a GPU to speak of."""
    rows = drawn.where(gpu="intel-gen12", browser="chromium", backend="webgl", memory_gb=8, cores=8)
    _repeat(drawn, rows & (drawn.facts["release"] == RELEASE), 600, AT + 0.5, 2, (5.5, 0.05))


def _spike(drawn: Drawn) -> None:
    """Three hours in which everything is slow, and then no more."""
    begins = AT + 1.2 + drawn.rng.random()
    drawn.slow((drawn.day >= begins) & (drawn.day < begins + 3 / 24), 2.5)


def _campaign(drawn: Drawn) -> None:
    """Many visitors with small old machines come at once, with the release."""
    rows = (drawn.day >= AT + 0.5) & (drawn.rng.random(len(drawn.at)) < 0.5)
    slow_machine = MACHINES[0]
    rows &= drawn.facts["memory_gb"] != slow_machine[0]
    before = np.zeros(len(drawn.at))
    for memory, cores, _, factor in MACHINES:
        before[drawn.where(memory_gb=memory, cores=cores)] = factor
    moved = slow_machine[3] - before[rows]
    for column in (drawn.ready, drawn.tail):
        column[rows] += moved
    drawn.begin[rows] += 0.4 * moved
    drawn.facts["memory_gb"][rows] = slow_machine[0]
    drawn.facts["cores"][rows] = slow_machine[1]


def _faster(drawn: Drawn) -> None:
    drawn.slow(_since(drawn), 0.75)


LATENCY = FindingKind.LATENCY_REGRESSION
START = FindingKind.START_REGRESSION
ERRORS = FindingKind.ERROR_REGRESSION
FRAMES = FindingKind.FRAME_RATE_REGRESSION
MEMORY = FindingKind.MEMORY_REGRESSION


def _released(kind: FindingKind, **facts: object) -> Truth:
    return Truth(kind, "release", RELEASE, facts)


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("ten_percent", slow_release(1.1), _released(LATENCY)),
    Scenario("all_by_a_quarter", slow_release(1.25), _released(LATENCY)),
    Scenario("gpu_fourfold", slow_release(4, gpu="adreno-6xx"), _released(LATENCY, gpu="adreno-6xx")),
    Scenario("backend", slow_release(1.4, backend="webgpu"), _released(LATENCY, backend="webgpu")),
    Scenario("model", slow_release(1.3, model="hands"), _released(LATENCY, model="hands")),
    Scenario("system", slow_release(1.3, os="android"), _released(LATENCY, os="android")),
    Scenario(
        "two_facts",
        slow_release(1.8, gpu="apple", backend="webgl"),
        _released(LATENCY, gpu="apple", backend="webgl"),
    ),
    Scenario("tail", _tail, _released(LATENCY)),
    Scenario("start", _start, _released(START)),
    Scenario("frames", _frames, _released(FRAMES, form="mobile")),
    Scenario("memory", _memory, _released(MEMORY, backend="webgl")),
    Scenario("errors", _errors, _released(ERRORS, browser="safari")),
    Scenario("incidents", _incidents, _released(ERRORS, backend="webgpu")),
    Scenario(
        "browser_version",
        _browser,
        Truth(LATENCY, "browser_major", "131", {"browser": "chromium", "backend": "webgl"}),
    ),
    Scenario(
        "library",
        exchange("engine_version", LIBRARY, 1.5, backend="webgl"),
        Truth(LATENCY, "engine_version", LIBRARY, {"backend": "webgl"}),
    ),
    Scenario("library_with_release", _library_with_release, _released(LATENCY, backend="webgl")),
    Scenario(
        "model_release",
        exchange("model_release", "2", 1.4, model="hands"),
        Truth(LATENCY, "model_release", "2", {"model": "hands"}),
    ),
    Scenario("no_version", _drift, Truth(LATENCY, "day", "", {"form": "mobile"})),
    Scenario("same", _nothing),
    Scenario("library_alike", exchange("engine_version", LIBRARY, 1)),
    Scenario("phones_first", _phones_first),
    Scenario("heavy_user", _heavy_user),
    Scenario("bot", _bot),
    Scenario("three_hours", _spike),
    Scenario("old_machines_come", _campaign),
    Scenario("faster", _faster),
    Scenario("weekends", _nothing, fleet=replace(FLEET, weekend=0.2)),
    Scenario("restless_days", _nothing, fleet=replace(FLEET, common_day=0.05, kind_day=0.05)),
    Scenario("six_releases_a_day", _nothing, fleet=replace(FLEET, release_every_days=1 / 6)),
)
