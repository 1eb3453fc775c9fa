"""Makes a class's plan fit one kind of device: no install draws an arm that the device cannot run.

Whoever would have drawn such an arm gets the first fallback that the device can run: what its page would have
come to by itself, after a start that fails. The fallbacks are in the order of belief, so that is the best arm
which the device has. All other installs keep the arm that they drew: a device whose graphics were not looked
at yet, and which gets the whole plan, does not change its arm once they were.
"""

from collections.abc import Collection, Sequence

from collector.contract.capability import Capability
from collector.contract.class_plan import ClassPlan
from collector.contract.config_document import Arm, ModelPlan, RacePlan
from collector.contract.vocabulary import ORIGINAL, Backend

LEAST_RACED = 2


def fit(plan: ClassPlan, device: Capability | None) -> ModelPlan | None:
    """The plan that a device is served; None: its page does what it would do by itself.

    Of a device that is None nothing is known: it finds out by starting backends.
    """
    base = ModelPlan.model_construct(
        arms=plan.arms,
        fallbacks=plan.fallbacks,
        wasm_threads=plan.wasm_threads,
        canary=plan.canary,
        race=plan.race,
    )
    if plan.told_only and (device is None or device.unsure & {arm.backend for arm in plan.arms}):
        return None
    if device is None:
        return base
    chosen, lacks = base, device.lacks
    if plan.able is not None:
        # Most of the class lack these: a device that may or may not have them does not try.
        rare = _backends(plan.able) - _backends(plan)
        if rare - device.lacks - device.unsure:
            chosen = base.model_copy(
                update={"arms": plan.able.arms, "fallbacks": plan.able.fallbacks, "race": plan.able.race}
            )
            lacks = device.lacks | (rare & device.unsure)
    return _without(chosen, lacks, plan.guesses or ()) if lacks & _backends(chosen) else chosen


def _without(plan: ModelPlan, lacks: frozenset[Backend], guesses: Collection[Backend]) -> ModelPlan | None:
    fallbacks = [backend for backend in plan.fallbacks if backend not in lacks]
    if all(arm.backend in lacks for arm in plan.arms):
        if not fallbacks:
            return plan  # it names nothing else: the page finds out, and goes on with the engine's own pick
        if fallbacks[0] in guesses:
            return None  # the engine knows as much as the plan
    arms = _replaced(plan.arms, lacks, _instead(plan.arms, fallbacks, lacks))
    return plan.model_copy(
        update={"arms": arms, "fallbacks": fallbacks, "race": _race(plan.race, lacks)},
    )


def _instead(arms: Sequence[Arm], fallbacks: Sequence[Backend], lacks: frozenset[Backend]) -> Arm:
    """What runs in place of an arm that cannot: the first fallback, as the plan's likeliest arm has it."""
    runnable = sorted((arm for arm in arms if arm.backend not in lacks), key=lambda arm: -arm.probability)
    if not fallbacks:
        return runnable[0]
    named = next((arm for arm in runnable if arm.backend == fallbacks[0]), None)
    return named or Arm(backend=fallbacks[0], variant=ORIGINAL, probability=0.0)


def _replaced(arms: Sequence[Arm], lacks: frozenset[Backend], instead: Arm) -> list[Arm]:
    """Each arm in its place, so that every install's draw stays; neighbours that became alike are one."""
    result: list[Arm] = []
    for arm in arms:
        runs = arm
        if arm.backend in lacks:
            runs = instead.model_copy(update={"probability": arm.probability})
        before = result[-1] if result else None
        if before is not None and (before.backend, before.variant) == (runs.backend, runs.variant):
            share = round(before.probability + runs.probability, 6)
            result[-1] = before.model_copy(update={"probability": min(1.0, share)})
        else:
            result.append(runs)
    return result


def _race(race: RacePlan | None, lacks: frozenset[Backend]) -> RacePlan | None:
    """The race among what the device can run; None when that leaves nothing to compare."""
    arms = [arm for arm in race.arms if arm.backend not in lacks] if race is not None else []
    return race.model_copy(update={"arms": arms}) if race is not None and len(arms) >= LEAST_RACED else None


def _backends(plan: ModelPlan) -> frozenset[Backend]:
    """Every backend that a plan names."""
    raced = plan.race.arms if plan.race is not None else []
    return frozenset(
        {arm.backend for arm in plan.arms} | set(plan.fallbacks) | {arm.backend for arm in raced}
    )
