"""The reports of a visit, as the SDK sends them: one with each window, load and exposure in the first."""

import secrets
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector import __version__
from collector.contract.histogram import MAX_BUCKET, MIN_BUCKET, RATIO, encode
from collector.contract.vocabulary import Backend, ErrorName, IncidentKind, RaceAsk, RaceInput, ReadyMethod
from collector.simulate.cells import ArmName, Cell
from collector.simulate.life import MOST_REPORTED_MS, Life
from collector.simulate.race import Lane, Raced
from collector.simulate.visit import Choice

RELEASE = "simulated"
SDK = f"simulate/{__version__}"
"""Every report says in two places that no visitor sent it: ``sdk`` and ``release``."""
WINDOW_MS = 60_000
FRAME_MS = 33.0
"""Predictions do not follow one another faster than a camera's frames."""
_ON_GPU = (Backend.WEBGL, Backend.WEBGPU, Backend.WEBNN)
Json = dict[str, Any]


def make_reports(app: str, cell: Cell, choice: Choice, life: Life, ended_at_ms: int) -> list[Json]:
    """The reports of one visit in their order, without ``sent_at``, which is each attempt's own.

    Session and batch ids are random whatever the seed: the collector takes a batch that it had for a retry.
    """
    ends = np.cumsum(np.maximum(life.ready_ms, FRAME_MS))
    opened_at_ms = ended_at_ms - int(ends[-1])
    race = life.race
    began_at_ms = opened_at_ms - int(life.load_ms + life.first_ms + (race.extra_ms if race else 0.0))
    loaded_at_ms = _loaded_at_ms(life, began_at_ms, opened_at_ms)
    subject = _subject(cell, choice.arm)
    shared: Json = {
        "v": 1,
        "sdk": SDK,
        "app": app,
        "release": RELEASE,
        "session": secrets.token_urlsafe(16),
        "device": cell.device.model_dump(mode="json"),
    }
    first: Json = {
        "loads": [_load(subject, choice, life, loaded_at_ms)],
        "exposures": [_exposure(subject, choice, loaded_at_ms)],
        "incidents": _incidents(subject, choice, life, loaded_at_ms),
    }
    if race is not None:
        first["races"] = [_race(cell.model, race, began_at_ms)]
    return [
        shared
        | {"batch_id": secrets.token_urlsafe(16), "seq": seq, "windows": [window]}
        | ({} if seq else first)
        for seq, window in enumerate(_windows(subject, cell, life, ends, opened_at_ms))
    ]


def _loaded_at_ms(life: Life, began_at_ms: int, opened_at_ms: int) -> int:
    """When the model that runs began to load: in the race that kept it, else right before it predicts."""
    if life.race is not None and life.race.kept is not None:
        return began_at_ms + int(life.race.kept.began_ms)
    return opened_at_ms - int(life.load_ms + life.first_ms)


def _race(model: str, race: Raced, at: int) -> Json:
    item: Json = {
        "model": model,
        "at": at,
        "asked": RaceAsk.PLAN.value,
        "budget_ms": race.budget_ms,
        "spent_ms": round(min(race.spent_ms, MOST_REPORTED_MS), 3),
        "input": RaceInput.CANARY.value,
        "results": [_result(lane) for lane in race.lanes],
    }
    return item if race.winner is None else item | {"winner": race.winner}


def _result(lane: Lane) -> Json:
    times = {"load_ms": lane.load_ms, "first_ms": lane.first_ms, "ready_ms": lane.ready_ms}
    told = {name: round(min(ms, MOST_REPORTED_MS), 3) for name, ms in times.items() if ms is not None}
    arm = {"backend": lane.backend.value, "variant": lane.asked.variant}
    return arm | {"outcome": lane.outcome.value, "runs": lane.runs} | told


def _subject(cell: Cell, arm: ArmName) -> Json:
    return {"model": cell.model, "variant": arm.variant, "backend": arm.backend.value}


def _windows(
    subject: Json, cell: Cell, life: Life, ends: NDArray[np.float64], opened_at_ms: int
) -> Iterator[Json]:
    on_gpu = subject["backend"] in _ON_GPU
    threads = cell.device.cores if subject["backend"] == Backend.WASM_SIMD_THREADS else 0
    of_window = ends // WINDOW_MS
    for number in np.unique(of_window):
        own = of_window == number
        failed = int(life.failed[own].sum())
        window: Json = subject | {
            "started_at": opened_at_ms + int(number) * WINDOW_MS,
            "duration_ms": min(WINDOW_MS, int(ends[own][-1]) - int(number) * WINDOW_MS),
            "count": int(own.sum()),
            "errors": failed,
            "threads": threads,
        }
        if failed < window["count"]:
            window["ready_ms"] = _histogram(life.ready_ms[own & ~life.failed])
            window["ready_method"] = (ReadyMethod.READ if on_gpu else ReadyMethod.RETURN).value
        yield window


def _histogram(values_ms: NDArray[np.float64]) -> Json:
    places = np.clip(np.floor(np.log(values_ms) / np.log(RATIO)), MIN_BUCKET, MAX_BUCKET).astype(int)
    found, counts = np.unique(places, return_counts=True)
    buckets, runs = encode(dict(zip(found.tolist(), counts.tolist(), strict=True)))
    return {"buckets": buckets, "counts": runs}


def _load(subject: Json, choice: Choice, life: Life, at: int) -> Json:
    taken = [
        {"backend": arm.backend.value, "variant": arm.variant, "error": ErrorName.ERROR.value}
        for arm in choice.given_up[:8]
    ]
    measured = {"load_ms": round(life.load_ms, 3), "first_prediction_ms": round(life.first_ms, 3)}
    return subject | {"at": at, "fallbacks": taken} | measured


def _exposure(subject: Json, choice: Choice, at: int) -> Json:
    return subject | {
        "at": at,
        "source": choice.source.value,
        "config_version": choice.config_version,
        "device_class": choice.device_class,
        "probability": choice.probability,
    }


def _incidents(subject: Json, choice: Choice, life: Life, at: int) -> list[Json]:
    seen = [subject | {"kind": kind.value, "at": at, "count": _count(kind, life)} for kind in life.incidents]
    fallbacks = [
        {"model": subject["model"], "variant": arm.variant, "backend": arm.backend.value}
        | {"kind": IncidentKind.FALLBACK.value, "at": at, "count": 1}
        for arm in choice.given_up[:8]
    ]
    return seen + fallbacks


def _count(kind: IncidentKind, life: Life) -> int:
    return int(life.failed.sum()) if kind is IncidentKind.ERROR else 1
