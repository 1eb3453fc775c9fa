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
    probability: float
    config_version: int
    device_class: str
    given_up: tuple[ArmName, ...] = ()
    """Arms that were tried before and did not start."""


def choose(cell: Cell, document: ConfigDocument, install: str, app: str) -> Choice:
    """What an install runs. It draws the same arm as long as the plan stays."""
    plan = _plan(cell, document)
    drawn = draw_arm(plan.arms, place(install, app, cell.model), _total(plan)) if plan is not None else None
    if plan is None or drawn is None:
        return _default(cell, document)
    return _run(cell, document, plan, drawn)


def shares(cell: Cell, document: ConfigDocument) -> dict[ArmName, float]:
    """The share of a cell's installs that end up on each arm; they add up to 1."""
    plan = _plan(cell, document)
    if plan is None or not (total := _total(plan)):
        return {cell.default: 1.0}
    ends: dict[ArmName, float] = {}
    for arm in plan.arms:
        if arm.probability:
            ran = _run(cell, document, plan, arm).arm
            ends[ran] = ends.get(ran, 0.0) + arm.probability / total
    return ends


def _run(cell: Cell, document: ConfigDocument, plan: ModelPlan, drawn: Arm) -> Choice:
    """What comes of a drawn arm on this device: itself, a fallback, or the page's own default."""
    if drawn.backend is Backend.OTHER or not cell.knows(drawn.variant):
        return _default(cell, document)
    own = cell.default.variant
    attempts = [ArmName(drawn.backend, drawn.variant)]
    attempts += [ArmName(drawn.backend, own)] if drawn.variant != own else []
    attempts += [ArmName(backend, own) for backend in plan.fallbacks if backend is not drawn.backend]
    arm, source = cell.default, ArmSource.FALLBACK
    given_up: list[ArmName] = []
    for number, asked in enumerate(attempts):
        ran = cell.starts(*asked)
        is_asked = ran is not None and ran.backend.startswith(asked.backend)
        if not is_asked:  # not started, or started as another flavour of wasm, which the report says alike
            given_up.append(asked)
        if ran is not None:
            arm = ran
            source = ArmSource.CONFIG if is_asked and not number else ArmSource.FALLBACK
            break
    return Choice(arm, source, drawn.probability, document.version, document.device_class, tuple(given_up))


def _default(cell: Cell, document: ConfigDocument) -> Choice:
    return Choice(cell.default, ArmSource.DEFAULT, 1.0, document.version, document.device_class)


def _plan(cell: Cell, document: ConfigDocument) -> ModelPlan | None:
    """The plan for the cell's model; None without one, and while the app is switched off."""
    return document.models.get(cell.model) if document.enabled else None


def _total(plan: ModelPlan) -> float:
    return sum(arm.probability for arm in plan.arms)
