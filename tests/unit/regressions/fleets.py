"""Small fleets of session-days for tests, in the shape of the store's two answers."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from collector.contract.finding import Finding
from collector.jobs.regressions.decision import Decision, Observations, decide
from collector.jobs.regressions.settings import RegressionSettings
from collector.jobs.regressions.votes import Votes

DAY_S = 86_400.0
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
Array = NDArray[Any]
FACTS = {
    "app": "shop",
    "model": "face",
    "variant": "original",
    "os": "android",
    "browser": "chromium",
    "form": "mobile",
}
NAMES = (
    *FACTS,
    "backend",
    "gpu",
    "memory_gb",
    "cores",
    "release",
    "browser_major",
    "engine_version",
    "model_release",
)
BUCKET = float(np.log(1.04))


class Fleet:
    """Two weeks of sessions on three GPU families and two backends; release 2.0 came two days ago."""

    def __init__(
        self, n: int = 4000, *, seed: int = 1, released_days_ago: float = 2.0, noise: float = 0.4
    ) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.at = np.sort(NOW.timestamp() - rng.random(n) * 13.5 * DAY_S)
        new = self.at > NOW.timestamp() - released_days_ago * DAY_S
        gpu = rng.choice(["adreno-6xx", "adreno-7xx", "mali-g7", "apple"], n)
        backend = rng.choice(["webgl", "wasm-simd"], n)
        memory = rng.choice([4, 8], n)
        level = 3 + 0.5 * (gpu == "mali-g7") - 0.4 * (backend == "webgl") + 0.3 * (memory == 4)
        self.facts: dict[str, Array] = {
            name: np.full(n, value, dtype=object) for name, value in FACTS.items()
        }
        self.facts |= {
            "backend": backend.astype(object),
            "gpu": gpu.astype(object),
            "memory_gb": memory,
            "cores": np.full(n, 8),
            "release": np.where(new, "2.0", "1.0").astype(object),
            "browser_major": np.full(n, 130),
            "engine_version": np.full(n, "tfjs/4.22.0", dtype=object),
            "model_release": np.full(n, "1", dtype=object),
        }
        self.ready = level + rng.normal(0, noise, n)
        self.tail = self.ready + 0.3
        self.start = 6 + rng.normal(0, 0.5, n)
        self.gap = np.log(20) + rng.normal(0, 0.3, n)
        self.memory = np.full(n, 16.0) + rng.normal(0, 0.05, n)
        self.errors = rng.random(n) < 0.01
        self.incidents = np.zeros(n, dtype=bool)

    @property
    def frame(self) -> Array:
        """From one prediction to the next: the prediction, and what the page does besides."""
        return np.log(np.exp(self.gap) + np.exp(self.ready))

    @property
    def new(self) -> Array:
        """Sessions of the newer release."""
        return self.facts["release"] == "2.0"

    def where(self, **facts: object) -> Array:
        """Sessions whose facts are these."""
        return np.all([self.facts[name] == value for name, value in facts.items()], axis=0)

    def slow(self, rows: Array, factor: float) -> "Fleet":
        """Predictions of some sessions take longer."""
        self.ready[rows] += np.log(factor)
        self.tail[rows] += np.log(factor)
        return self

    def add(self, n: int, rows: Array, level: float, *, since_days: float, until_days: float) -> None:
        """More sessions like some of these, with a latency of their own."""
        picked = self.rng.choice(np.flatnonzero(rows), n)
        for name in NAMES:
            self.facts[name] = np.concatenate([self.facts[name], self.facts[name][picked]])
        for name in ("start", "gap", "memory", "errors", "incidents"):
            setattr(self, name, np.concatenate([getattr(self, name), getattr(self, name)[picked]]))
        self.ready = np.concatenate([self.ready, self.rng.normal(level, 0.05, n)])
        self.tail = np.concatenate([self.tail, self.ready[-n:] + 0.3])
        ago = self.rng.uniform(until_days, since_days, n)
        self.at = np.concatenate([self.at, NOW.timestamp() - ago * DAY_S])

    def only(self, rows: Array) -> "Fleet":
        """Some of the sessions, in that order."""
        self.facts = {name: values[rows] for name, values in self.facts.items()}
        for name in ("at", "ready", "tail", "start", "gap", "memory", "errors", "incidents"):
            setattr(self, name, getattr(self, name)[rows])
        return self

    def votes(self) -> Votes:
        """As the store answers them, made into columns."""
        code = np.zeros(len(self.at), dtype=np.int64)
        for name in NAMES:
            names, inverse = np.unique(self.facts[name], return_inverse=True)
            code = code * len(names) + inverse
        numbers, first, cell = np.unique(code, return_index=True, return_inverse=True)
        cells = {"cell": np.arange(len(numbers), dtype=np.uint64)}
        rows = {
            "cell": cell.astype(np.uint64),
            "at": self.at,
            **{
                name: np.floor(getattr(self, name) / BUCKET).astype(np.int16)
                for name in ("ready", "tail", "start", "frame", "memory")
            },
            "errors": self.errors,
            "incidents": self.incidents,
            "predictions": np.full(len(self.at), 30.0),
            "weight": np.ones(len(self.at)),
        }
        return Votes.from_tables(
            pa.table({**cells, **{name: self.facts[name][first] for name in NAMES}}), pa.table(rows)
        )

    def decide(
        self, findings: list[Finding] | None = None, *, now: datetime = NOW, **settings: Any
    ) -> Decision:
        """What the job decides of them."""
        observed = Observations(self.votes(), {"shop": ["1.0", "2.0", "3.0"]}, findings or [])
        return decide(observed, RegressionSettings(**settings), now=now)
