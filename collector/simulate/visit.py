"""What a page does with its plan: the SDK's order of attempts (``client_sdk_js/src/later/attempts.ts``).

A race (the candidates measured on the device before one is chosen) would take the place of the draw in
``choose``, and its results would be one more item of the first report.
"""

from dataclasses import dataclass

from collector.contract.config_document import Arm, ConfigDocument, ModelPlan
from collector.contract.vocabulary import ArmSource, Backend
from collector.simulate.cells import ArmName, Cell
from collector.simulate.draw import draw_arm, place


@dataclass(frozen=True, slots=True)
class Choice:
    """The arm that a page runs, and how it came to."""

    arm: ArmName
    source: ArmSource
    probability: float = 1.0
    config_version: int = 0
    device_class: str = ""
    given_up: tuple[ArmName, ...] = ()
    """Arms that were tried before and did not start."""


def choose(cell: Cell, document: ConfigDocument | None, install: str, app: str) -> Choice:
    """What an install runs. It draws the same arm as long as the plan stays."""
    plan = _plan(cell, document)
    if document is None:
        return Choice(cell.default, ArmSource.DEFAULT)
    version = {"config_version": document.version, "device_class": document.device_class}
    if plan is None:
        return Choice(cell.default, ArmSource.DEFAULT, **version)  # type: ignore[arg-type]
    return run_arm(cell, document, plan, draw_arm(plan.arms, place(install, app, cell.model)))


def shares(cell: Cell, document: ConfigDocument | None) -> dict[ArmName, float]:
    """The share of a cell's installs that end up on each arm; they add up to 1."""
    plan = _plan(cell, document)
    if document is None or plan is None or not (total := sum(arm.probability for arm in plan.arms)):
        return {cell.default: 1.0}
    ends: dict[ArmName, float] = {}
    for arm in plan.arms:
        if arm.probability:
            ran = run_arm(cell, document, plan, arm).arm
            ends[ran] = ends.get(ran, 0.0) + arm.probability / total
    return ends


def run_arm(cell: Cell, document: ConfigDocument, plan: ModelPlan, arm: Arm | None) -> Choice:
    """What comes of a drawn arm on this device: itself, a fallback, or the page's own default."""
    version, place_ = document.version, document.device_class
    if arm is None or arm.backend is Backend.OTHER or not cell.knows(arm.variant):
        return Choice(cell.default, ArmSource.DEFAULT, 1.0, version, place_)
    attempts = [ArmName(arm.backend, arm.variant)]
    own = cell.default.variant
    attempts += [ArmName(arm.backend, own)] if arm.variant != own else []
    attempts += [ArmName(backend, own) for backend in plan.fallbacks if backend is not arm.backend]
    given_up: list[ArmName] = []
    for number, asked in enumerate(attempts):
        ran = cell.starts(*asked)
        if ran is not None and ran.backend.startswith(asked.backend):
            source = ArmSource.FALLBACK if number else ArmSource.CONFIG
            return Choice(ran, source, arm.probability, version, place_, tuple(given_up))
        given_up.append(asked)
        if ran is not None:  # another flavour of wasm: it runs, and the report says that it was not asked for
            return Choice(ran, ArmSource.FALLBACK, arm.probability, version, place_, tuple(given_up))
    return Choice(cell.default, ArmSource.FALLBACK, arm.probability, version, place_, tuple(given_up))


def _plan(cell: Cell, document: ConfigDocument | None) -> ModelPlan | None:
    """The plan for the cell's model; None without one, and while the app is switched off."""
    if document is None or not document.enabled:
        return None
    return document.models.get(cell.model)
