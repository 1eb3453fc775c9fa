"""The cells of a table: one device and one model, with what each way to run it costs there.

This is the truth that a simulated fleet plays and that its learning curve is measured against.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from collector.contract.report import Device
from collector.contract.vocabulary import ENGINE_PRIORITY, ORIGINAL, Backend
from collector.simulate.devices import DeviceName, name_devices
from collector.simulate.table import Row

_FLAVOURS = (Backend.WASM, Backend.WASM_SIMD, Backend.WASM_SIMD_THREADS)
LOAD_MS = 20.0
"""Download and build of a model, which the table does not tell: the same for every backend."""
MOST_ERRORS = 0.02
"""An arm that fails more often is not the best one, however fast (``recommend.max_error_rate``)."""


class ArmName(NamedTuple):
    """A way to run a model."""

    backend: Backend
    variant: str = ORIGINAL

    def __str__(self) -> str:
        return self.backend if self.variant == ORIGINAL else f"{self.backend}/{self.variant}"


class Behaviour(NamedTuple):
    """What the table says of an arm on a device, in milliseconds."""

    ms: float
    warmup_ms: float
    error_rate: float

    def cost(self, predictions: float) -> float:
        """Milliseconds that a visitor waits for a prediction, the start spread over a session's."""
        return self.ms + (LOAD_MS + self.warmup_ms) / predictions


@dataclass(frozen=True, eq=False)
class Cell:
    """One device and one model."""

    name: DeviceName
    model: str
    device: Device
    arms: Mapping[ArmName, Behaviour]
    default: ArmName
    """What the engine picks by itself, of the variant that the page names first."""

    def starts(self, backend: Backend, variant: str) -> ArmName | None:
        """What runs when a plan asks for an arm; None when nothing starts.

        A flavour of wasm that the device lacks gives way to the best one below it. Plain ``wasm`` asks for
        the best there is, or for the page's own where that is the default: the SDK starts it so.
        """
        if backend not in _FLAVOURS:
            asked = ArmName(backend, variant)
            return asked if asked in self.arms else None
        own = ArmName(self.default.backend, variant)
        if backend is Backend.WASM and self.default.backend in _FLAVOURS and own in self.arms:
            return own
        most = len(_FLAVOURS) if backend is Backend.WASM else _FLAVOURS.index(backend) + 1
        there = (ArmName(flavour, variant) for flavour in reversed(_FLAVOURS[:most]))
        return next((arm for arm in there if arm in self.arms), None)

    def knows(self, variant: str) -> bool:
        """Whether the page has this variant of the model."""
        return any(arm.variant == variant for arm in self.arms)

    def cost(self, arm: ArmName, predictions: float) -> float:
        """Milliseconds for each prediction of a session of so many."""
        return self.arms[arm].cost(predictions)

    def best(self, predictions: float) -> ArmName:
        """The cheapest arm that a plan can bring about and that does not fail too often."""
        reached = {self.default, *(ran for arm in self.arms if (ran := self.starts(*arm)) is not None)}
        sound = [arm for arm in sorted(reached) if self.is_sound(arm)] or sorted(reached)
        return min(sound, key=lambda arm: self.cost(arm, predictions))

    def is_sound(self, arm: ArmName) -> bool:
        """Whether it fails seldom enough to be chosen."""
        return self.arms[arm].error_rate <= MOST_ERRORS


def make_cells(rows: Iterable[Row]) -> list[Cell]:
    """The cells of a table, in its order.

    Raises:
        ValueError: see ``name_devices``.
    """
    rows = list(rows)
    devices = name_devices(rows)
    grouped: dict[tuple[DeviceName, str], list[Row]] = {}
    for row in rows:
        grouped.setdefault(((row.device, row.browser), row.model), []).append(row)
    return [
        Cell(
            name=name,
            model=model,
            device=devices[name],
            arms={
                ArmName(row.backend, row.variant): Behaviour(row.ms, row.warmup_ms, row.error_rate)
                for row in own
            },
            default=_default(own),
        )
        for (name, model), own in grouped.items()
    ]


def after_drift(cells: Iterable[Cell], factor: float, predictions: float) -> list[Cell]:
    """The same cells once a new major version of every browser made the best arm ``factor`` times slower."""
    return [_drifted(cell, factor, predictions) for cell in cells]


def _drifted(cell: Cell, factor: float, predictions: float) -> Cell:
    best = cell.best(predictions)
    was = cell.arms[best]
    slower = was._replace(ms=was.ms * factor, warmup_ms=was.warmup_ms * factor)
    newer = cell.device.model_copy(update={"browser_major": cell.device.browser_major + 1})
    return replace(cell, arms={**cell.arms, best: slower}, device=newer)


def _default(rows: list[Row]) -> ArmName:
    marked = next((row for row in rows if row.default), None)
    if marked is not None:
        return ArmName(marked.backend, marked.variant)
    variant = ORIGINAL if any(row.variant == ORIGINAL for row in rows) else rows[0].variant
    of_page = [row.backend for row in rows if row.variant == variant]
    return ArmName(min(of_page, key=_rank), variant)


def _rank(backend: Backend) -> float:
    return ENGINE_PRIORITY.index(backend) if backend in ENGINE_PRIORITY else math.inf
