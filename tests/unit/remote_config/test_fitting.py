"""No install draws what its device cannot run, and the others keep what they drew."""

import itertools
from collections.abc import Iterable

import pytest

from collector.contract.capability import Capability
from collector.contract.class_plan import ClassPlan
from collector.contract.config_document import Arm, ModelPlan, RaceArm, RacePlan
from collector.contract.vocabulary import Backend
from collector.remote_config import fitting
from collector.simulate.draw import draw_arm

B = Backend


def arms(**shares: float) -> list[Arm]:
    return [Arm(backend=B(name.replace("_", "-")), probability=share) for name, share in shares.items()]


def lacking(*backends: Backend, unsure: Iterable[Backend] = ()) -> Capability:
    return Capability(frozenset(backends), frozenset(unsure))


COMMITTED = ClassPlan(
    arms=arms(wasm_simd=0.02, webgl=0.01, webgpu=0.97),
    fallbacks=[B.WEBGPU, B.WASM_SIMD, B.WEBGL, B.WASM, B.CPU],
    race=RacePlan(share=0.1, arms=[RaceArm(backend=B.WEBGPU), RaceArm(backend=B.WEBGL)]),
)
RARE = ClassPlan(
    arms=arms(wasm_simd=0.99, webgl=0.01),
    fallbacks=[B.WASM_SIMD, B.WEBGL, B.WASM, B.CPU],
    able=ModelPlan(
        arms=arms(wasm_simd=0.04, webgpu=0.95, webgl=0.01),
        fallbacks=[B.WEBGPU, B.WASM_SIMD, B.WEBGL, B.WASM, B.CPU],
    ),
)


def fit(plan: ClassPlan, device: Capability | None) -> ModelPlan:
    """What is served, of plans that say something to any device."""
    served = fitting.fit(plan, device)
    assert served is not None
    return served


def drawn(plan: ModelPlan, at: float) -> Backend:
    arm = draw_arm(plan.arms, at)
    assert arm is not None
    return arm.backend


def test_a_device_that_runs_all_of_it_or_says_nothing_gets_the_plan_as_it_is() -> None:
    for device in (None, lacking(), lacking(B.WASM_SIMD_THREADS)):
        plan = fit(COMMITTED, device)
        assert (plan.arms, plan.fallbacks, plan.race) == (
            COMMITTED.arms,
            COMMITTED.fallbacks,
            COMMITTED.race,
        )


def test_the_best_arm_that_the_device_has_takes_the_place_of_one_that_it_lacks() -> None:
    plan = fit(COMMITTED, lacking(B.WEBGPU))
    # Not in proportion: that would give a third to the default, which is only held back to measure the gain.
    assert [(arm.backend, arm.probability) for arm in plan.arms] == [
        (B.WASM_SIMD, 0.02),
        (B.WEBGL, 0.01),
        (B.WASM_SIMD, 0.97),
    ]
    assert plan.fallbacks == [B.WASM_SIMD, B.WEBGL, B.WASM, B.CPU]


def test_installs_keep_their_arm_and_the_others_get_what_a_failed_start_would_have_led_to() -> None:
    for lacks in itertools.chain.from_iterable(
        itertools.combinations([B.WASM_SIMD, B.WEBGL, B.WEBGPU], size) for size in range(4)
    ):
        plan = fit(COMMITTED, lacking(*lacks))
        assert sum(arm.probability for arm in plan.arms) == pytest.approx(1)
        for at in (n / 500 for n in range(500)):
            before = drawn(COMMITTED, at)
            runs = next(each for each in [before, *COMMITTED.fallbacks] if each not in lacks)
            assert drawn(plan, at) == runs


def test_neighbours_that_became_alike_are_one_arm() -> None:
    plan = fit(COMMITTED, lacking(B.WEBGPU, B.WEBGL))
    assert [(arm.backend, arm.probability) for arm in plan.arms] == [(B.WASM_SIMD, 1.0)]


def test_a_variant_stays_where_the_plan_has_it_on_a_backend_that_runs() -> None:
    plan = ClassPlan(
        arms=[
            Arm(backend=B.WEBGL, variant="float16", url="/f16.json", probability=0.3),
            Arm(backend=B.WEBGPU, variant="float16", url="/f16.json", probability=0.7),
        ],
        fallbacks=[B.WEBGPU, B.WEBGL, B.WASM],
    )
    only = fit(plan, lacking(B.WEBGPU)).arms
    assert [(arm.variant, arm.url, arm.probability) for arm in only] == [("float16", "/f16.json", 1.0)]


def test_a_race_that_has_nothing_left_to_compare_is_none() -> None:
    assert fit(COMMITTED, lacking(B.WEBGPU)).race is None
    assert fit(COMMITTED, lacking(B.WASM_SIMD)).race == COMMITTED.race


def test_a_plan_that_names_nothing_else_is_left_alone() -> None:
    plan = ClassPlan(arms=arms(webgpu=1.0))
    assert fit(plan, lacking(B.WEBGPU)).arms == plan.arms


def test_what_most_of_the_class_lack_is_for_those_that_surely_have_it() -> None:
    able = RARE.able
    assert able is not None
    assert fit(RARE, lacking()).arms == able.arms
    assert fit(RARE, lacking(B.WEBGL)).arms[1].backend == B.WEBGPU
    for device in (None, lacking(B.WEBGPU), lacking(unsure=[B.WEBGPU, B.WEBGL])):
        assert fit(RARE, device).arms == RARE.arms


def test_what_a_page_is_served_never_holds_both() -> None:
    assert "able" not in fit(RARE, None).model_dump(exclude_none=True)


def test_a_plan_for_those_that_tell_says_nothing_to_the_others() -> None:
    held = ClassPlan(arms=arms(webgpu=1.0), fallbacks=[B.WEBGPU, B.WASM_SIMD], told_only=True)
    assert fitting.fit(held, None) is None
    assert fitting.fit(held, lacking(unsure=[B.WEBGPU])) is None
    assert drawn(fit(held, lacking()), 0.5) == B.WEBGPU
    assert drawn(fit(held, lacking(B.WEBGPU)), 0.5) == B.WASM_SIMD


def test_a_device_that_lacks_all_that_is_known_is_left_to_its_engine_and_not_given_a_last_resort() -> None:
    plan = COMMITTED.model_copy(update={"guesses": [B.WASM, B.CPU]})
    assert fitting.fit(plan, lacking(B.WEBGPU, B.WEBGL, B.WASM_SIMD)) is None
    # With one arm left it is served, and a plan of before says nothing of guesses.
    assert fit(plan, lacking(B.WEBGPU, B.WASM_SIMD)).fallbacks == [B.WEBGL, B.WASM, B.CPU]
    assert fit(COMMITTED, lacking(B.WEBGPU, B.WEBGL, B.WASM_SIMD)).fallbacks == [B.WASM, B.CPU]
