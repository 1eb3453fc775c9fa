"""Reads session-days as columns: all of a small fleet's, of a large one a sample of each cell.

A cell is a kind of device, a model and an arm. Cells are counted first, so that of those with more session-days
than a decision needs the others are never put together.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from collector.contract.device_class import DeviceClass
from collector.contract.histogram import value_of
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey, capable_backends
from collector.jobs.recommend.conduct import NOT_STARTED
from collector.jobs.recommend.leaves import Leaves, leaf_of
from collector.jobs.recommend.session_days import Labels, Numbers, SessionDays
from collector.jobs.recommend.settings import RecommendSettings
from collector.store.lending import Tables

INCIDENTS = (NOT_STARTED, "context_lost", "device_lost", "hang", "wrong_output", "out_of_memory")
"""The bits of a set of incidents, the lowest first."""
SPARE = 1.1
"""A cell is counted to a hundredth, and a session-day may be hashed into or out of its share."""
EVERY = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Cell:
    """One arm of one model on one kind of device."""

    number: int
    model: str
    arm: ArmKey
    device: DeviceClass
    session_days: int


@dataclass(frozen=True, slots=True)
class ModelVisits:
    """What was read of one model."""

    model: str
    visits: SessionDays
    totals: Mapping[DeviceClass, int]
    """Session-days that there were on each kind of device."""
    releases: Mapping[date, Counter[str]]
    """Day -> session-days of each release, of those that were read."""


def read_cells(store: Tables, leaves: Leaves, asked: Mapping[str, Any]) -> dict[int, Cell]:
    """All cells of an app between two times, by number.

    Raises:
        StoreUnavailable: the store does not answer; run the job again later.
    """
    return {
        row["cell"]: Cell(
            number=row["cell"],
            model=row["model"],
            arm=ArmKey(Backend(row["backend"]), row["variant"]),
            device=leaf_of(row, leaves),
            session_days=row["session_days"],
        )
        for row in store.query("recommend_cells", **asked)
    }


def read_visits(
    store: Tables, cells: Mapping[int, Cell], settings: RecommendSettings, asked: Mapping[str, Any]
) -> Iterator[ModelVisits]:
    """The session-days of those cells, at most ``votes_per_arm`` of each.

    Raises:
        StoreUnavailable: the store does not answer; run the job again later.
    """
    limits = hash_limits(cells.values(), settings.votes_per_arm)
    table = store.query_table(
        "recommend_visits",
        **asked,
        quantile=settings.quantile,
        votes=settings.votes_per_arm,
        cells=list(limits),
        limits=list(limits.values()),
    )
    numbers = table["cell"].to_numpy()
    models = sorted({each.model for each in cells.values()})
    for model in models:
        own = {number: each for number, each in cells.items() if each.model == model}
        rows = np.flatnonzero(np.isin(numbers, np.array(list(own), dtype=np.uint64)))
        if len(rows):
            yield _of_model(model, table.take(rows), own)


def hash_limits(cells: Collection[Cell], most: int) -> dict[int, int]:
    """Cell -> the largest hash of a session-day that is read, for those cells of which not all are.

    A session-day whose GPU was not known at first belongs to the cell that it told last: of such rows as
    many are read as of that cell's.
    """
    shares = {each.number: min(1.0, most * SPARE / max(1, each.session_days)) for each in cells}
    known: dict[tuple[str, ArmKey, tuple[tuple[str, str], ...]], float] = defaultdict(float)
    for each in cells:
        key = each.model, each.arm, _without_gpu(each.device)
        known[key] = max(known[key], shares[each.number])
    for each in cells:
        if ("gpu", "unknown") in each.device.facts:
            shares[each.number] = known[each.model, each.arm, _without_gpu(each.device)]
    return {number: int(EVERY * share) for number, share in shares.items() if share < 1}


def _without_gpu(device: DeviceClass) -> tuple[tuple[str, str], ...]:
    return tuple(fact for fact in device.facts if fact[0] != "gpu")


def _of_model(model: str, table: pa.Table, cells: Mapping[int, Cell]) -> ModelVisits:
    devices = sorted({each.device for each in cells.values()}, key=lambda device: device.key)
    arms = sorted({each.arm for each in cells.values()})
    place = {device: index for index, device in enumerate(devices)}
    position = {arm: index for index, arm in enumerate(arms)}
    numbers, cell = np.unique(table["cell"].to_numpy(), return_inverse=True)
    found = [cells[int(number)] for number in numbers]
    releases, release = _number(table["release"])
    days, day = _number(table["day"])
    ability_sets, abilities = np.unique(table["abilities"].to_numpy(), return_inverse=True)
    incident_sets, incidents = np.unique(table["incidents"].to_numpy(), return_inverse=True)
    totals: Counter[DeviceClass] = Counter()
    for each in cells.values():
        totals[each.device] += each.session_days
    visits = SessionDays(
        devices=devices,
        arms=arms,
        releases=releases,
        incident_sets=[_incidents(int(bits)) for bits in incident_sets],
        ability_sets=[_abilities(int(bits)) for bits in ability_sets],
        device=np.array([place[each.device] for each in found], dtype=np.int64)[cell],
        arm=np.array([position[each.arm] for each in found], dtype=np.int64)[cell],
        release=release,
        incidents=incidents,
        abilities=abilities,
        predictions=_floats(table["predictions"]),
        errors=_floats(table["errors"]),
        ready_ms=_ready(table["ready_bucket"]),
        start_ms=_floats(table["start_ms"]),
    )
    return ModelVisits(model, visits, totals, _by_day(days, day, releases, release))


def _number(column: pa.ChunkedArray) -> tuple[Sequence[Any], Labels]:
    """(the values that there are, sorted; the place of each among them)."""
    coded = column.combine_chunks().dictionary_encode()
    values = coded.dictionary.to_pylist()
    order = sorted(range(len(values)), key=values.__getitem__)
    place = np.empty(len(values), dtype=np.int64)
    place[order] = np.arange(len(values))
    return [values[index] for index in order], place[coded.indices.to_numpy()]


def _floats(column: pa.ChunkedArray) -> Numbers:
    """The values of a column, NaN where it has none."""
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def _ready(buckets: pa.ChunkedArray) -> Numbers:
    """The middle of each bucket in ms, NaN without one."""
    numbers = _floats(buckets)
    known, place = np.unique(numbers, return_inverse=True)
    return np.array([np.nan if np.isnan(each) else value_of(int(each)) for each in known])[place]


def _incidents(bits: int) -> frozenset[str]:
    return frozenset(name for index, name in enumerate(INCIDENTS) if bits >> index & 1)


def _abilities(bits: int) -> frozenset[Backend]:
    simd, threads, webgl, webgpu = (bool(bits >> index & 1) for index in range(4))
    return capable_backends(wasm_simd=simd, wasm_threads=threads, webgl=int(webgl), webgpu=webgpu)


def _by_day(
    days: Sequence[date], day: Labels, releases: Sequence[str], release: Labels
) -> dict[date, Counter[str]]:
    counts = np.bincount(day * len(releases) + release, minlength=len(days) * len(releases))
    table = counts.reshape(len(days), len(releases))
    return {
        each: Counter({name: int(count) for name, count in zip(releases, row, strict=True) if count})
        for each, row in zip(days, table, strict=True)
    }
