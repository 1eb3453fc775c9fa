"""Reads session-days as columns: all of a small fleet's, of a large one a sample of each cell.

A cell is a kind of device, a model and an arm. Cells are counted first, so that session-days that a decision
does not need are never put together.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from collector.contract.device_class import DeviceClass
from collector.contract.histogram import value_of
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey, Versions, capable_backends
from collector.jobs.recommend.counting.conduct import KILLED, NOT_STARTED
from collector.jobs.recommend.reading.leaves import Leaves, leaf_of
from collector.jobs.recommend.session_days import Labels, Numbers, SessionDays
from collector.jobs.recommend.settings import RecommendSettings
from collector.store.lending import Tables

INCIDENTS = (NOT_STARTED, "context_lost", "device_lost", "hang", "wrong_output", "out_of_memory", KILLED)
"""The bits of a set of incidents, the lowest first."""
SAMPLED = 8
"""Of so many session-days one is counted."""
SPARE = 1.25
"""As much more is read of a cell, since its count may be too low: by a sixteenth where it is smallest."""
EVERY = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Cell:
    """One arm of one model on one kind of device."""

    number: int
    model: str
    arm: ArmKey
    device: DeviceClass
    items: int
    """What was reported: at least as much as there are session-days."""
    sampled: int

    @property
    def session_days(self) -> int:
        """About how many session-days there were; of a cell without any window, at most."""
        return min(self.items, SAMPLED * self.sampled or self.items)


@dataclass(frozen=True, slots=True)
class ModelVisits:
    """What was read of one model."""

    model: str
    visits: SessionDays
    totals: Mapping[tuple[DeviceClass, ArmKey], int]
    """Session-days that there were of each arm on each kind of device."""
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
            items=row["items"],
            sampled=row["sampled"],
        )
        for row in store.query("recommend_cells", **asked)
    }


def read_visits(
    store: Tables, cells: Mapping[int, Cell], settings: RecommendSettings, asked: Mapping[str, Any]
) -> Iterator[ModelVisits]:
    """The session-days of those cells, at most ``votes_per_arm`` of each, one model after the other.

    Raises:
        StoreUnavailable: the store does not answer; run the job again later.
    """
    models = sorted({each.model for each in cells.values()})
    # Nothing here holds on to a model while the next one is read.
    return filter(None, (_read_model(store, model, cells, settings, asked) for model in models))


def _read_model(
    store: Tables,
    model: str,
    cells: Mapping[int, Cell],
    settings: RecommendSettings,
    asked: Mapping[str, Any],
) -> ModelVisits | None:
    """What there is of one model; None when all of it came after its cells were counted."""
    own = {number: each for number, each in cells.items() if each.model == model}
    limits = lot_limits(own.values(), settings.votes_per_arm)
    table = store.query_table(
        "recommend_visits",
        **asked,
        model=model,
        quantile=settings.aim.quantile,
        votes=settings.votes_per_arm,
        cells=list(limits),
        limits=list(limits.values()),
    )
    # What has come since the cells were counted belongs to the next run.
    counted = np.isin(_plain(table["cell"]), np.array(list(own), dtype=np.uint64))
    if not counted.all():
        table = table.filter(pa.array(counted))
    return _of_model(model, table, own, limits) if len(table) else None


def lot_limits(cells: Collection[Cell], most: int) -> dict[int, int]:
    """Cell -> the largest lot of a session-day that is read, for those cells of which not all are.

    A session-day whose GPU was not known at first belongs to the cell that it told last: of such rows as
    many are read as of that cell's.
    """
    shares = {
        each.number: min(1.0, most * SPARE / each.session_days) if each.items > most else 1.0
        for each in cells
    }
    known: dict[tuple[ArmKey, tuple[tuple[str, str], ...]], float] = defaultdict(float)
    for each in cells:
        key = each.arm, _without_gpu(each.device)
        known[key] = max(known[key], shares[each.number])
    for each in cells:
        if ("gpu", "unknown") in each.device.facts:
            shares[each.number] = known[each.arm, _without_gpu(each.device)]
    return {number: int(EVERY * share) for number, share in shares.items() if share < 1}


def _without_gpu(device: DeviceClass) -> tuple[tuple[str, str], ...]:
    return tuple(fact for fact in device.facts if fact[0] != "gpu")


def _of_model(
    model: str, table: pa.Table, cells: Mapping[int, Cell], limits: Mapping[int, int]
) -> ModelVisits:
    devices = sorted({each.device for each in cells.values()}, key=lambda device: device.key)
    arms = sorted({each.arm for each in cells.values()})
    place = {device: index for index, device in enumerate(devices)}
    position = {arm: index for index, arm in enumerate(arms)}
    numbers, cell = np.unique(_plain(table["cell"]), return_inverse=True)
    found = [cells[int(number)] for number in numbers]
    releases, release = _number(table["release"])
    days, day = _number(table["day"])
    ability_sets, abilities = np.unique(_plain(table["abilities"]), return_inverse=True)
    version_sets, versions = _number(table["versions"])
    incident_sets, incidents = np.unique(_plain(table["incidents"]), return_inverse=True)
    totals = {
        (each.device, each.arm): max(read, each.session_days) if each.number in limits else read
        for each, read in zip(found, np.bincount(cell).tolist(), strict=True)
    }
    visits = SessionDays(
        devices=devices,
        arms=arms,
        releases=releases,
        incident_sets=[_incidents(int(bits)) for bits in incident_sets],
        ability_sets=[_abilities(int(bits)) for bits in ability_sets],
        version_sets=[_versions(text) for text in version_sets],
        device=np.array([place[each.device] for each in found], dtype=np.int64)[cell],
        arm=np.array([position[each.arm] for each in found], dtype=np.int64)[cell],
        release=release,
        incidents=incidents,
        abilities=abilities,
        versions=versions,
        predictions=_floats(table["predictions"]),
        errors=_floats(table["errors"]),
        ready_ms=_ready(table["ready_bucket"]),
        start_ms=_floats(table["start_ms"]),
        seen_at=_floats(table["seen_at"]) / 1000,
        aged=np.zeros(len(release)),
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


def _plain(column: pa.ChunkedArray) -> NDArray[Any]:
    """As one array: a column of several chunks would have pandas imported to put them together."""
    return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False))


def _floats(column: pa.ChunkedArray) -> Numbers:
    """The values of a column, NaN where it has none."""
    return np.asarray(_plain(column.cast(pa.float64(), safe=False)), dtype=np.float64)


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


def _versions(text: str) -> Versions:
    browser, engine, sdk = text.split("\t") if text else ("", "", "")
    return Versions("" if browser == "0" else browser, engine, sdk)


def _by_day(
    days: Sequence[date], day: Labels, releases: Sequence[str], release: Labels
) -> dict[date, Counter[str]]:
    counts = np.bincount(day * len(releases) + release, minlength=len(days) * len(releases))
    table = counts.reshape(len(days), len(releases))
    return {
        each: Counter({name: int(count) for name, count in zip(releases, row, strict=True) if count})
        for each, row in zip(days, table, strict=True)
    }
