"""Turns decision records into plans: pure, and never an arm that the record has no evidence for."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from collector.contract.canary import Canary
from collector.contract.class_plan import ClassPlan, Plans
from collector.contract.config_document import (
    Arm,
    Integrity,
    ModelPlan,
    ModelUrl,
    RaceArm,
    RacePlan,
)
from collector.contract.device_class import parse
from collector.contract.objective import MOST_WEIGHT
from collector.contract.vocabulary import ORIGINAL, Backend
from collector.jobs.publish.settings import PublishSettings
from collector.jobs.recommend.record import ArmEvidence, DecisionRecord, Gate, Propensity, RaceShare

_URL: TypeAdapter[str] = TypeAdapter(ModelUrl)
_INTEGRITY: TypeAdapter[str | None] = TypeAdapter(Integrity | None)
LAST_RESORTS = (Backend.WASM, Backend.CPU)
MAX_FALLBACKS = 8
_UNITS = 10_000


class Place(NamedTuple):
    """Where a variant is, and the hash of what is there, where it was registered with one."""

    url: str | None = None
    integrity: str | None = None


Places = Mapping[tuple[str, str], Place | None]
"""By model and variant; None for a variant that was removed from the registry."""
_NOWHERE = Place()


@dataclass(slots=True)
class Planned:
    """Plans by device class key and model, and what was left out."""

    plans: Plans = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def make_plans(records: Iterable[DecisionRecord], places: Places, settings: PublishSettings) -> Planned:
    """Plans for one app.

    A class whose plan would equal that of its nearest parent is left out: matching finds the parent's. A
    class where no arm passes, below a parent with a plan, is held on its default, so that it does not get
    what its own sessions speak against. So is a class where nothing costs less than a default that few of its
    devices have: those that lack it get the next best.

    Args:
        records: the newest record of each model and class.
        places: where variants are, from the registry. The original is not in it: it keeps the page's own URL.
        settings: limits.
    """
    planned = Planned()
    for record in sorted(records, key=lambda record: (record.level, record.device_class, record.model)):
        above = _nearest(planned.plans, record)
        if record.propensities:
            plan = _plan(record, places, settings, planned.refused)
        elif record.state == "insufficient" and record.follows is None:
            plan = _held(record, above)
        else:
            plan = None
        if plan is not None and plan != above:
            planned.plans.setdefault(record.device_class, {})[record.model] = plan
    return planned


def with_canaries(plans: Plans, canaries: Mapping[str, Canary]) -> Plans:
    """The plans, each with the reference output of its model: it is the model's, whatever runs it."""
    return {
        key: {
            model: plan.model_copy(update={"canary": canaries.get(model)}) for model, plan in models.items()
        }
        for key, models in plans.items()
    }


def _plan(
    record: DecisionRecord,
    places: Places,
    settings: PublishSettings,
    refused: list[str],
) -> ClassPlan | None:
    ways = _ways(record, record.propensities, record.race, places, settings=settings, refused=refused)
    if ways is None:
        return None
    known = {arm.backend for arm in record.arms if arm.passed} | {arm.backend for arm in ways.arms}
    guesses = [backend for backend in ways.fallbacks if backend not in known]
    plan = ClassPlan(**dict(ways), guesses=guesses or None)
    if record.able is None:
        return plan
    able = _ways(
        record,
        record.able.propensities,
        record.able.race,
        places,
        settings=settings,
        refused=refused,
        rare=True,
    )
    return plan.model_copy(update={"able": able})


def _ways(
    record: DecisionRecord,
    propensities: Iterable[Propensity],
    race: RaceShare | None,
    places: Places,
    *,
    settings: PublishSettings,
    refused: list[str],
    rare: bool = False,
) -> ModelPlan | None:
    """A plan for any device of the class, or for those that have backends which most of it lack."""
    kept: list[tuple[Propensity, Place]] = []
    for share in propensities:
        place = f"{record.model} on {record.device_class}: {share.backend}/{share.variant}"
        if not _has_evidence(record, share, rare=rare):
            refused.append(f"{place} has no evidence in its decision record")
            continue
        if (fault := _fault(record.model, share.variant, places)) is not None:
            refused.append(f"{place} {fault}")
            continue
        kept.append((share, _where(places, record.model, share.variant)))
    recommended = next((item for item in kept if item[0].why == "recommended"), None)
    if recommended is None:
        if kept:
            refused.append(f"{record.model} on {record.device_class} would lack its recommended arm")
        return None
    others = sorted(
        (item for item in kept if item is not recommended),
        key=lambda item: (-item[0].probability, item[0].backend, item[0].variant),
    )[: settings.max_arms - 1]
    left = _UNITS - sum(round(share.probability * _UNITS) for share, _ in others)
    arms = [
        Arm(backend=share.backend, variant=share.variant, probability=share.probability, **where._asdict())
        for share, where in others
    ]
    first, at = recommended
    arms.append(Arm(backend=first.backend, variant=first.variant, probability=left / _UNITS, **at._asdict()))
    # By name, so that a share that grows takes over as few installs as it can (the SDK draws by running sum).
    arms.sort(key=lambda arm: (arm.backend, arm.variant))
    return ModelPlan(
        arms=arms,
        fallbacks=_fallbacks(record, first.backend, rare=rare),
        race=_race(record, race, places),
    )


def _race(record: DecisionRecord, race: RaceShare | None, places: Places) -> RacePlan | None:
    if race is None:
        return None
    ways = [(backend, variant, _where(places, record.model, variant)) for backend, variant in race.arms]
    arms = [
        RaceArm(backend=backend, variant=variant, **where._asdict())
        for backend, variant, where in ways
        if _fault(record.model, variant, places) is None
    ]
    if len(arms) < 2:
        return None
    parameters = record.parameters
    # As a decision weighs a session's start; without weight for warm predictions they alone would be nothing.
    aim = parameters.aim
    spread = aim.waits * record.usual_predictions
    weight = aim.first_result / spread if spread else MOST_WEIGHT
    return RacePlan(
        share=race.share,
        budget_ms=parameters.race_budget_ms,
        start_weight=min(MOST_WEIGHT, float(f"{weight:.3g}")),
        arms=arms,
    )


def _has_evidence(record: DecisionRecord, share: Propensity, *, rare: bool) -> bool:
    """It passed its gates; or it lacks sessions only, and is what ran before or tried within bounds.

    ``rare``: for devices that have what most lack, an arm passes that lacks nothing but devices.
    """
    known = next(
        (arm for arm in record.arms if (arm.backend, arm.variant) == (share.backend, share.variant)), None
    )
    if known is not None and _passes(known, rare=rare):
        return True
    # What the engine picks happens anyway. What a class was sure of is its best guess while it looks again.
    before = record.reopened.incumbent if record.reopened is not None else None
    keeps = (share.backend, share.variant) in (record.default, before)
    if not keeps and (share.why != "exploration" or share.probability > record.parameters.last_step):
        return False
    if known is None:
        return share.backend in record.untried and share.variant == ORIGINAL
    return all(gate.passed or (gate.lacks_data and gate.gate != "accuracy") for gate in known.gates)


def _passes(arm: ArmEvidence, *, rare: bool) -> bool:
    return arm.passed or (rare and all(gate.passed or gate.rare for gate in arm.gates))


def _expected_cost(arm: ArmEvidence) -> float:
    """What an arm is believed to cost here, with what the parents lend; infinite where nothing is known."""
    return arm.borrowed_cost_ms or arm.cost_ms or math.inf


def _fallbacks(record: DecisionRecord, recommended: Backend, *, rare: bool) -> list[Backend]:
    """The recommended backend first (an arm that is tried may fail), then the others by expected cost.

    It is also the order in which arms take the place of those that a device lacks.
    """
    found = [arm for arm in record.arms if _passes(arm, rare=rare)]
    passing = [arm.backend for arm in sorted(found, key=_expected_cost)]
    broken = {
        arm.backend
        for arm in record.arms
        if any(
            not gate.passed and not gate.lacks_data and not _is_of_variant(gate, arm) for gate in arm.gates
        )
    } - set(passing)
    resorts: Sequence[Backend] = [backend for backend in LAST_RESORTS if backend not in broken]
    return list(dict.fromkeys([recommended, *passing, *resorts]))[:MAX_FALLBACKS]


def _is_of_variant(gate: Gate, arm: ArmEvidence) -> bool:
    """Whether a gate speaks of the variant, not of the backend that it ran on."""
    return gate.gate == "accuracy" or (gate.gate == "agreement" and arm.variant != ORIGINAL)


def _default_only(record: DecisionRecord) -> ClassPlan | None:
    """What the engine would do anyway; None when even that is unknown."""
    if record.default is None:
        return None
    backend, variant = record.default
    return ClassPlan(
        arms=[Arm(backend=backend, variant=variant, probability=1.0)], fallbacks=list(LAST_RESORTS)
    )


def _is_rare(arm: tuple[Backend, str] | None, record: DecisionRecord) -> bool:
    """Whether an arm lacks nothing but devices that have it."""
    known = next((each for each in record.arms if (each.backend, each.variant) == arm), None)
    return known is not None and not known.passed and _passes(known, rare=True)


def _held(record: DecisionRecord, above: ClassPlan | None) -> ClassPlan | None:
    """Its default for all of a class; where few have that, the next best for the others."""
    held = _default_only(record)
    if held is not None and _is_rare(record.default, record) and any(arm.passed for arm in record.arms):
        fallbacks = _fallbacks(record, held.arms[0].backend, rare=True)
        return held.model_copy(update={"fallbacks": fallbacks, "told_only": True})
    return held if above is not None else None


def _nearest(plans: Plans, record: DecisionRecord) -> ClassPlan | None:
    for place in list(parse(record.device_class).ancestors())[1:]:
        plan = plans.get(place.key, {}).get(record.model)
        if plan is not None:
            return plan
    return None


def _where(places: Places, model: str, variant: str) -> Place:
    return places.get((model, variant)) or _NOWHERE


def _fault(model: str, variant: str, places: Places) -> str | None:
    """Why a page cannot be given a variant, as the rest of a sentence."""
    place = places.get((model, variant), _NOWHERE)
    if place is None:
        return "was removed from the registry since the decision: run `inferfleet recommend`"
    if place.url is not None and not _fits(_URL, place.url):
        return "is registered with a URL that a page cannot load: register it again"
    if not _fits(_INTEGRITY, place.integrity):
        return "is registered with a hash that is none: register it again"
    return None


def _fits(kind: TypeAdapter[Any], value: str | None) -> bool:
    try:
        kind.validate_python(value)
    except ValidationError:
        return False
    return True
