"""Who races what, and what it remembers (``racing.ts`` and ``winners.ts`` in ``client_sdk_js/src/later``).

All pages of a fleet have a reference input. None is hidden, saves data or has a low battery.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from collector.contract.config_document import ConfigDocument, ModelPlan
from collector.contract.vocabulary import Backend
from collector.simulate.cells import ArmName, Cell
from collector.simulate.draw import RACE, place

LOW_MEMORY_GB = 2
"""Devices with so little, or less, are left alone."""


class Won(NamedTuple):
    """What an install knows of its race."""

    arm: ArmName | None
    """None when nothing won: it does not race again either."""


@dataclass(frozen=True, slots=True)
class _Kept:
    browser_major: int
    won: Won


class Winners:
    """What each install remembers. It holds until the browser changes: a run is shorter than a week."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], _Kept] = {}

    def of(self, install: str, cell: Cell) -> Won | None:
        """What came of an install's race of a model; None when there was none with this browser."""
        kept = self._kept.get((install, cell.model))
        return kept.won if kept is not None and kept.browser_major == cell.device.browser_major else None

    def keep(self, install: str, cell: Cell, arm: ArmName | None) -> None:
        """The install remembers what won."""
        self._kept[install, cell.model] = _Kept(cell.device.browser_major, Won(arm))


def plan_for(cell: Cell, document: ConfigDocument) -> ModelPlan | None:
    """The plan for the cell's model; None without one, and while the app is switched off."""
    return document.models.get(cell.model) if document.enabled else None


def list_racers(cell: Cell, plan: ModelPlan | None) -> list[ArmName]:
    """The arms that a page races, in their order."""
    race = plan.race if plan is not None else None
    arms = [ArmName(arm.backend, arm.variant) for arm in race.arms] if race is not None else []
    return _each_way_once(cell, arms)


def may_run(cell: Cell, plan: ModelPlan, arm: ArmName) -> bool:
    """Whether a plan still lets a device run what won there: its race, its arms or its fallbacks have it."""
    own = cell.default.variant
    arms = [ArmName(each.backend, each.variant) for each in plan.arms]
    arms += [ArmName(backend, own) for backend in plan.fallbacks]
    return arm in list_racers(cell, plan) or arm in _each_way_once(cell, arms)


def is_due(cell: Cell, document: ConfigDocument, install: str, app: str) -> bool:
    """Whether the plan has this install race, on this device."""
    plan = plan_for(cell, document)
    return (
        plan is not None
        and plan.race is not None
        and place(install, app, cell.model, RACE) < plan.race.share
        and not 0 < cell.device.memory_gb <= LOW_MEMORY_GB
        and len(list_racers(cell, plan)) > 1
    )


def _each_way_once(cell: Cell, arms: Iterable[ArmName]) -> list[ArmName]:
    """A page has one flavour of wasm: the first stands for all. What the page does not have is left out."""
    ways: dict[tuple[str, str], ArmName] = {}
    for arm in arms:
        if arm.backend is not Backend.OTHER and cell.knows(arm.variant):
            ways.setdefault((arm.backend.partition("-")[0], arm.variant), arm)
    return list(ways.values())
