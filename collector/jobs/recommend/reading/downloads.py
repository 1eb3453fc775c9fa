"""Reads what loads say of bytes: how long downloads took, and how often a cache spared them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from collector.contract.device_class import DeviceClass
from collector.jobs.recommend.loads import Loads
from collector.jobs.recommend.reading.visits import Cell, lot_limits
from collector.store.lending import Tables

READ = 60
"""About so many session-days of a cell are read: a class has several cells, and a median needs no more."""
LEAST_BYTES = 16_384
"""What is smaller tells how long a request takes, and no rate."""


def read_downloads(
    store: Tables, cells: Mapping[int, Cell], models: Collection[str], asked: Mapping[str, Any]
) -> dict[str, Loads]:
    """Model -> its loads; without models of which no browser told anything.

    Args:
        store: where loads are.
        cells: all cells of the app by number.
        models: those that are asked for; without any, nothing is read.
        asked: the app and the time, as the other questions are asked.

    Raises:
        StoreUnavailable: the store does not answer; run the job again later.
    """
    if not models:
        return {}
    limits = lot_limits([cell for cell in cells.values() if cell.model in models], READ)
    table = store.query_table(
        "recommend_downloads",
        **asked,
        models=sorted(models),
        cells=list(limits),
        limits=list(limits.values()),
        least=float(LEAST_BYTES),
    )
    # What has come since the cells were counted belongs to the next run.
    numbers = table["cell"].to_pylist()
    rows: dict[str, list[int]] = defaultdict(list)
    for row, number in enumerate(numbers):
        if number in cells:
            rows[cells[number].model].append(row)
    columns = {
        name: np.array(table[name].to_pylist(), dtype=np.float64)
        for name in ("bytes", "ms", "cached", "cached_ms")
    }
    return {
        model: _loads([cells[numbers[row]].device for row in chosen], np.array(chosen), columns)
        for model, chosen in rows.items()
    }


def _loads(
    told: list[DeviceClass], chosen: np.ndarray[Any, np.dtype[np.int64]], columns: dict[str, Any]
) -> Loads:
    devices = sorted(set(told), key=lambda device: device.key)
    place = {device: index for index, device in enumerate(devices)}
    device = np.array([place[each] for each in told], dtype=np.int64)
    order = np.argsort(device, kind="stable")
    taken = {name: values[chosen[order]] for name, values in columns.items()}
    fetched = np.isfinite(taken["bytes"])
    return Loads(
        devices=devices,
        device=device[order],
        bytes=taken["bytes"],
        ms=np.where(fetched, taken["ms"], np.nan),
        cached=taken["cached"],
        cached_ms=taken["cached_ms"],
    )
