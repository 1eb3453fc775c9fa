"""A fleet of visitors, as the store tells of it: votes of an app over weeks, with all that is no fault.

Sessions differ (log sd 0.45 within a kind of machine), machines differ, hours, weekends and days differ, for
all at once and for each kind by itself; releases come every few days and reach visitors over a day; browser
versions roll out over a week. A scenario then changes some of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from collector.contract.histogram import RATIO
from collector.jobs.regressions.votes import NONE, Votes

START = datetime(2026, 11, 2, tzinfo=UTC)
"""A Monday."""
DAY_S = 86_400.0
Array = NDArray[Any]

# form, os, browser, gpu, share, backends with shares, log ms of the base model
KINDS: tuple[tuple[str, str, str, str, float, dict[str, float], float], ...] = (
    ("desktop", "windows", "chromium", "intel-gen12", 0.18, {"webgl": 0.7, "webgpu": 0.3}, 3.0),
    ("desktop", "windows", "chromium", "nvidia-ampere", 0.10, {"webgl": 0.6, "webgpu": 0.4}, 2.2),
    ("desktop", "windows", "edge", "intel-gen12", 0.08, {"webgl": 0.8, "webgpu": 0.2}, 3.0),
    ("desktop", "windows", "firefox", "unknown", 0.05, {"wasm-simd": 1.0}, 3.8),
    ("desktop", "macos", "chromium", "apple", 0.09, {"webgl": 0.6, "webgpu": 0.4}, 2.3),
    ("desktop", "macos", "safari", "apple", 0.07, {"webgl": 0.9, "wasm-simd": 0.1}, 2.6),
    ("desktop", "linux", "chromium", "amd-rdna", 0.03, {"webgl": 0.8, "wasm-simd-threads": 0.2}, 2.7),
    ("mobile", "android", "chromium", "adreno-6xx", 0.13, {"webgl": 0.8, "wasm-simd": 0.2}, 4.0),
    ("mobile", "android", "chromium", "adreno-7xx", 0.07, {"webgl": 0.7, "webgpu": 0.3}, 3.5),
    ("mobile", "android", "chromium", "mali-g7", 0.08, {"webgl": 0.8, "wasm-simd": 0.2}, 4.2),
    ("mobile", "android", "samsung", "mali-g7", 0.04, {"webgl": 1.0}, 4.2),
    ("mobile", "ios", "safari", "apple", 0.08, {"webgl": 0.9, "wasm-simd": 0.1}, 3.1),
)
MACHINES = ((4, 4, 0.35, 0.25), (8, 8, 0.4, 0.0), (16, 8, 0.15, -0.15), (8, 16, 0.1, -0.2))
"""memory, cores, share, log factor."""
MODELS = {"face": (0.6, 0.0), "hands": (0.4, 0.6)}
BACKEND_FACTOR = {"webgl": 0.0, "webgpu": -0.25, "wasm-simd": 0.5, "wasm-simd-threads": 0.2}
NAMES = (
    "app", "model", "variant", "backend", "gpu", "os", "browser", "form", "memory_gb", "cores", "release",
    "browser_major", "engine_version", "model_release",
)  # fmt: skip


@dataclass(frozen=True)
class Fleet:
    """What an app's visitors are like."""

    app: str = "shop"
    sessions_a_day: int = 1200
    days: int = 21
    seed: int = 1
    release_every_days: float = 4.0
    first_release_at: float = 1.0
    noise: float = 0.45
    common_day: float = 0.015
    kind_day: float = 0.02
    weekend: float = 0.06
    start: datetime = START


@dataclass
class Drawn:
    """Columns of shape (session-days,); latencies are logarithms of milliseconds."""

    fleet: Fleet
    at: Array
    facts: dict[str, Array]
    ready: Array
    tail: Array
    begin: Array
    gap: Array
    """From a prediction to the next: a frame to draw, or a person who waits."""
    memory: Array
    errors: Array
    incidents: Array
    predictions: Array
    releases: list[str] = field(default_factory=list)
    rng: np.random.Generator = field(default_factory=np.random.default_rng)
    _all: Votes | None = None

    @property
    def day(self) -> Array:
        """Days since the fleet began, with fractions."""
        return (self.at - self.fleet.start.timestamp()) / DAY_S

    def where(self, **facts: object) -> Array:
        """Rows whose facts are these."""
        found = np.ones(len(self.at), dtype=bool)
        for name, value in facts.items():
            found &= self.facts[name] == value
        return found

    def slow(self, rows: Array, factor: float) -> None:
        """Predictions of some rows take ``factor`` times as long."""
        self.ready[rows] += np.log(factor)
        self.tail[rows] += np.log(factor)

    def votes(self, until: float) -> Votes:
        """What the store would answer at a moment (seconds since 1970), of the last 14 days."""
        if self._all is None:
            self._all = to_votes(
                self.facts,
                self.at,
                {
                    "ready": buckets(self.ready),
                    "tail": buckets(self.tail),
                    "start": buckets(self.begin),
                    "frame": buckets(np.logaddexp(self.gap, self.ready)),
                    "memory": buckets(self.memory),
                    "errors": self.errors,
                    "incidents": self.incidents,
                },
                self.predictions,
            )
        return self._all.take((self.at < until) & (self.at >= until - 14 * DAY_S))


def buckets(logs: Array) -> Array:
    """Log histogram buckets of logarithms; NaN is none."""
    told = np.where(np.isnan(logs), 0, np.floor(logs / np.log(RATIO)))
    return np.where(np.isnan(logs), NONE, told).astype(np.int16)


def to_votes(
    facts: Mapping[str, Array], at: Array, signals: Mapping[str, Array], predictions: Array
) -> Votes:
    """Votes in the shape of the store's two answers."""
    code = np.zeros(len(at), dtype=np.int64)
    for name in NAMES:
        names, inverse = np.unique(facts[name], return_inverse=True)
        code = code * len(names) + inverse
    numbers, first, cell = np.unique(code, return_index=True, return_inverse=True)
    cells = pa.table(
        {"cell": np.arange(len(numbers), dtype=np.uint64), **{name: facts[name][first] for name in NAMES}}
    )
    rows = pa.table(
        {
            "cell": cell.astype(np.uint64),
            "at": at,
            **signals,
            "predictions": predictions,
            "weight": np.ones(len(at)),
        }
    )
    return Votes.from_tables(cells, rows)


def draw(fleet: Fleet, change: Callable[[Drawn], None] | None = None) -> Drawn:
    """An app's session-days, in the order of time, changed by a scenario."""
    rng = np.random.default_rng(fleet.seed)
    hours = _hours(rng, fleet)
    n = len(hours)
    at = fleet.start.timestamp() + hours * 3600
    day = (hours / 24).astype(np.int64)
    weekday = day % 7
    kind = rng.choice(len(KINDS), size=n, p=_shares([each[4] for each in KINDS]))
    machine = rng.choice(len(MACHINES), size=n, p=_shares([each[2] for each in MACHINES]))
    model = rng.choice(list(MODELS), size=n, p=[share for share, _ in MODELS.values()])
    backend = np.empty(n, dtype=object)
    for index, each in enumerate(KINDS):
        rows = np.flatnonzero(kind == index)
        backend[rows] = rng.choice(list(each[5]), size=len(rows), p=list(each[5].values()))
    releases, release = _releases(rng, fleet, hours)
    facts: dict[str, Array] = {
        "app": np.full(n, fleet.app, dtype=object),
        "model": model.astype(object),
        "variant": np.full(n, "original", dtype=object),
        "backend": backend,
        "gpu": np.array([each[3] for each in KINDS], dtype=object)[kind],
        "os": np.array([each[1] for each in KINDS], dtype=object)[kind],
        "browser": np.array([each[2] for each in KINDS], dtype=object)[kind],
        "form": np.array([each[0] for each in KINDS], dtype=object)[kind],
        "memory_gb": np.array([each[0] for each in MACHINES])[machine],
        "cores": np.array([each[1] for each in MACHINES])[machine],
        "release": release,
        "browser_major": _majors(rng, hours, kind),
        "engine_version": np.full(n, "tfjs/4.22.0", dtype=object),
        "model_release": np.full(n, "1", dtype=object),
    }
    leaf = kind * 8 + np.unique(backend, return_inverse=True)[1]
    level = (
        np.array([each[6] for each in KINDS])[kind]
        + np.array([each[3] for each in MACHINES])[machine]
        + np.array([MODELS[name][1] for name in model])
        + np.array([BACKEND_FACTOR[name] for name in backend])
    )
    together = rng.normal(0, fleet.common_day, fleet.days + 1)[day]
    apart = rng.normal(0, fleet.kind_day, (len(KINDS) * 8, fleet.days + 1))[leaf, day]
    mobile = facts["form"] == "mobile"
    weekly = np.where(weekday >= 5, np.where(mobile, fleet.weekend, -fleet.weekend / 2), 0.0)
    daily = 0.04 * np.sin((hours % 24) / 24 * 2 * np.pi)
    ready = level + together + apart + weekly + daily + rng.normal(0, fleet.noise, n)
    drawn = Drawn(
        fleet=fleet,
        at=at,
        facts=facts,
        ready=ready,
        tail=ready + np.abs(rng.normal(0.35, 0.15, n)),
        begin=6.2 + 0.4 * level + together + apart + weekly + rng.normal(0, 0.55, n),
        gap=_gaps(rng, fleet, model, leaf, day),
        memory=16.0 + 0.5 * np.array([MODELS[name][1] for name in model]) + rng.normal(0, 0.08, n),
        errors=rng.random(n) < 0.012,
        incidents=rng.random(n) < 0.006,
        predictions=np.exp(rng.normal(4, 1.2, n)).round() + 1,
        releases=releases,
        rng=rng,
    )
    if change is not None:
        change(drawn)
    return drawn


def _gaps(rng: np.random.Generator, fleet: Fleet, model: Array, leaf: Array, day: Array) -> Array:
    """Of ``face``, pages draw a camera's frames; of ``hands``, people press a button every few seconds."""
    drawing = 2.9 + rng.normal(0, fleet.kind_day, (len(KINDS) * 8, fleet.days + 1))[leaf, day]
    return np.where(
        model == "face", drawing + rng.normal(0, 0.3, len(model)), 8.5 + rng.normal(0, 0.8, len(model))
    )


def with_seed(fleet: Fleet, seed: int) -> Fleet:
    """The same visitors, drawn again."""
    return replace(fleet, seed=seed)


def _hours(rng: np.random.Generator, fleet: Fleet) -> Array:
    """When sessions begin, in hours since the start: fewer at night and on weekends."""
    n = fleet.sessions_a_day * fleet.days
    day = rng.integers(0, fleet.days, 2 * n)
    hour = rng.random(2 * n) * 24
    keep = (0.55 + 0.45 * np.sin((hour - 9) / 24 * 2 * np.pi)) * np.where(day % 7 >= 5, 0.7, 1.0)
    chosen = np.flatnonzero(rng.random(2 * n) < keep)[:n]
    return np.sort(day[chosen] * 24 + hour[chosen])


def _releases(rng: np.random.Generator, fleet: Fleet, hours: Array) -> tuple[list[str], Array]:
    """Names in their order, and each session's: a new one reaches nine in ten within a day."""
    names = ["1.0.0"]
    release = np.full(len(hours), "1.0.0", dtype=object)
    at = fleet.first_release_at * 24 + 10.0
    while at < fleet.days * 24:
        names.append(f"1.{len(names)}.0")
        age = hours - at
        release[(age > 0) & (rng.random(len(hours)) < 1 - 0.98 * np.exp(-np.maximum(age, 0) / 8))] = names[-1]
        at += fleet.release_every_days * 24
    return names, release


def _majors(rng: np.random.Generator, hours: Array, kind: Array) -> Array:
    """Each browser has a new major version every four weeks, which spreads over a week."""
    browsers = np.array([each[2] for each in KINDS], dtype=object)[kind]
    major = np.full(len(hours), 130)
    for offset, browser in enumerate(sorted(set(browsers))):
        for step in range(-1, 4):
            begins = (step * 28 + 5 + 3 * offset) * 24
            spread = np.clip((hours - begins) / (7 * 24), 0, 1)
            newer = (browsers == browser) & (rng.random(len(hours)) < spread)
            major[newer] = np.maximum(major[newer], 131 + step)
    return major


def _shares(values: list[float]) -> Array:
    return np.array(values) / sum(values)
