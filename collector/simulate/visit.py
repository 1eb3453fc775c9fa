"""What a page does with its plan: the SDK's order of attempts (``client_sdk_js/src/later/attempts.ts``)."""

from collections.abc import Sequence
from dataclasses import dataclass

from collector.contract.config_document import Arm, ConfigDocument, ModelPlan
from collector.contract.vocabulary import ArmSource, Backend
from collector.simulate.cells import ArmName, Cell
from collector.simulate.draw import draw_arm, place
from collector.simulate.racers import may_run, plan_for


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


def choose(
    cell: Cell, document: ConfigDocument, install: str, app: str, *, wins: ArmName | None = None
) -> Choice:
    """What an install runs. It draws the same arm as long as the plan stays.

    Args:
        wins: what won the race on this install's device. It goes first as long as the plan allows it.
    """
    plan = plan_for(cell, document)
    if plan is None:
        return _default(cell, document)
    drawn = draw_arm(plan.arms, place(install, app, cell.model), _total(plan))
    attempts = _attempts(cell, plan, drawn)
    if wins is not None and may_run(cell, plan, wins):
        others = [arm for arm in attempts if arm != wins]
        return _take(cell, document, [wins, *others], ArmSource.RACE, 1.0)
    if drawn is None or not attempts:
        return _default(cell, document)
    return _take(cell, document, attempts, ArmSource.CONFIG, _share(plan, drawn))


def wanted(cell: Cell, document: ConfigDocument, install: str, app: str) -> ArmName | None:
    """What a page asks for first when nothing has won there; None when it leaves that to the engine."""
    plan = plan_for(cell, document)
    if plan is None:
        return None
    drawn = draw_arm(plan.arms, place(install, app, cell.model), _total(plan))
    return next(iter(_attempts(cell, plan, drawn)), None)


def shares(cell: Cell, document: ConfigDocument) -> dict[ArmName, float]:
    """The share of a cell's installs that end up on each arm, those that do not race; they add up to 1."""
    plan = plan_for(cell, document)
    if plan is None or not (total := _total(plan)):
        return {cell.default: 1.0}
    ends: dict[ArmName, float] = {}
    for arm in plan.arms:
        if arm.probability:
            attempts = _attempts(cell, plan, arm)
            taken = _take(cell, document, attempts, ArmSource.CONFIG, arm.probability) if attempts else None
            ran = taken.arm if taken is not None else cell.default
            ends[ran] = ends.get(ran, 0.0) + arm.probability / total
    return ends


def _attempts(cell: Cell, plan: ModelPlan, drawn: Arm | None) -> list[ArmName]:
    """A drawn arm and what gives it a second chance; empty when it is the page's own affair what runs."""
    if drawn is None or drawn.backend is Backend.OTHER or not cell.knows(drawn.variant):
        return []
    own = cell.default.variant
    attempts = [ArmName(drawn.backend, drawn.variant)]
    attempts += [ArmName(drawn.backend, own)] if drawn.variant != own else []
    attempts += [ArmName(backend, own) for backend in plan.fallbacks if backend is not drawn.backend]
    return attempts


def _take(
    cell: Cell, document: ConfigDocument, attempts: Sequence[ArmName], source: ArmSource, probability: float
) -> Choice:
    """The first attempt that starts on this device; the engine's own pick when none does."""
    arm, given_up = cell.default, []
    for asked in attempts:
        ran = cell.starts(*asked)
        is_asked = ran is not None and ran.backend.startswith(asked.backend)
        if not is_asked:  # not started, or started as another flavour of wasm, which the report says alike
            given_up.append(asked)
        if ran is not None:
            arm = ran
            break
    if given_up:
        source = ArmSource.FALLBACK
    return Choice(arm, source, probability, document.version, document.device_class, tuple(given_up))


def _default(cell: Cell, document: ConfigDocument) -> Choice:
    return Choice(cell.default, ArmSource.DEFAULT, 1.0, document.version, document.device_class)


def _share(plan: ModelPlan, drawn: Arm) -> float:
    """An arm may stand in a plan more than once, in place of others that the device cannot run."""
    alike = (
        arm.probability for arm in plan.arms if (arm.backend, arm.variant) == (drawn.backend, drawn.variant)
    )
    return min(1.0, sum(alike))


def _total(plan: ModelPlan) -> float:
    return sum(arm.probability for arm in plan.arms)
