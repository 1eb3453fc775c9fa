"""Reports as pages send them, each different, and what has to be in the store because of them."""

import gzip
import json
import random
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from benchmarks.ingest_bodies import make_bodies

_KINDS = ["error", "context_lost", "hang", "fallback"]


class Rows(NamedTuple):
    """What a batch is in the store: rows of each table, and a sum that tells its windows from others'."""

    windows: int
    predictions: int
    loads: int
    incidents: int
    exposures: int
    stages: int
    races: int
    race_arms: int
    """Rows of ``races``: each race has one for each of its arms."""
    drops: int

    @property
    def items(self) -> int:
        """What an answer to the report counts: drops are none of them."""
        return self.windows + self.loads + self.incidents + self.exposures + self.stages + self.races

    @classmethod
    def total(cls, some: Iterable["Rows"]) -> "Rows":
        """The rows of several batches together."""
        return cls(*map(sum, zip(cls(*[0] * len(cls._fields)), *some, strict=True)))


class Sent(NamedTuple):
    """A report that is posted until it is answered, always as these bytes."""

    batch_id: str
    body: bytes
    rows: Rows
    zipped: bool

    @property
    def headers(self) -> dict[str, str]:
        """As a page sends it: one that zips cannot name the encoding without a preflight."""
        return {"Content-Type": "text/plain" if self.zipped else "application/json"}


class Reports:
    """An endless supply. ``name`` makes batch ids unique between suppliers."""

    def __init__(self, name: str, seed: int, *, pool: int = 120) -> None:
        self._name = name
        self._draw = random.Random(f"{name}-{seed}")
        bodies = make_bodies(pool, app="chaos", seed=self._draw.getrandbits(30))
        self._pool = [window for body in bodies for window in json.loads(body)["windows"]]
        self._device = json.loads(bodies[0])["device"]
        self._number = 0

    def __iter__(self) -> Iterator[Sent]:
        return self

    def __next__(self) -> Sent:
        draw = self._draw
        self._number += 1
        batch_id = f"{self._name}{self._number:0{22 - len(self._name)}d}"
        now = int(time.time() * 1000)
        windows = [
            {
                **draw.choice(self._pool),
                "started_at": now - 60_000 * n,
                "duration_ms": draw.randint(1, 60_000),
            }
            for n in range(1, draw.randint(1, 3) + 1)
        ]
        on_webgl = {"model": "blazeface", "backend": "webgl"}
        incidents = [
            {**on_webgl, "kind": draw.choice(_KINDS), "at": now - n}
            for n in range(draw.choice([0, 0, 0, 1, 3]))
        ]
        loads = [
            {"model": "blazeface", "at": now - 5, "backend": "wasm-simd", "load_ms": draw.randint(1, 900)}
            for _ in range(draw.choice([0, 0, 1]))
        ]
        exposures = [
            {**on_webgl, "at": now - n, "source": "config", "config_version": draw.randint(1, 9)}
            for n in range(draw.choice([0, 1, 1]))
        ]
        stages = [
            {
                "stage": "post",
                "started_at": now - 60_000,
                "duration_ms": 60_000,
                "count": 3,
                "span_ms": {"buckets": [draw.randint(1, 90)], "counts": [3]},
            }
            for _ in range(draw.choice([0, 0, 1, 2]))
        ]
        races: list[dict[str, Any]] = [
            {
                "model": "blazeface",
                "at": now - 9,
                "asked": draw.choice(["plan", "page"]),
                "budget_ms": 1500,
                "spent_ms": draw.randint(1, 2000),
                "input": "canary",
                "results": [
                    {"backend": backend, "outcome": "measured", "ready_ms": draw.randint(1, 90), "runs": 5}
                    for backend in draw.sample(["cpu", "wasm-simd", "webgl", "webgpu"], draw.randint(1, 4))
                ],
                "winner": 0,
            }
            for _ in range(draw.choice([0, 0, 0, 1, 2]))
        ]
        reasons = draw.sample(["expired", "queue_full", "too_large"], draw.choice([0, 0, 1, 2]))
        report: dict[str, Any] = {
            "v": 1,
            "batch_id": batch_id,
            "sent_at": now,
            "sdk": "js/0.1.0",
            "app": "chaos",
            "release": f"1.{draw.randint(0, 9)}.0",
            # The batch's own: drops are stored under no batch id.
            "session": batch_id,
            "seq": draw.randint(0, 99),
            "device": self._device,
            "windows": windows,
            "incidents": incidents,
            "loads": loads,
            "exposures": exposures,
            "stages": stages,
            "races": races,
            "dropped": dict.fromkeys(reasons, 1),
        }
        body = json.dumps(report, separators=(",", ":")).encode()
        zipped = draw.random() < 0.3
        rows = Rows(
            windows=len(windows),
            predictions=sum(window["count"] for window in windows),
            loads=len(loads),
            incidents=len(incidents),
            exposures=len(exposures),
            stages=len(stages),
            races=len(races),
            race_arms=sum(len(race["results"]) for race in races),
            drops=len(reasons),
        )
        return Sent(batch_id, gzip.compress(body, 1) if zipped else body, rows, zipped)
