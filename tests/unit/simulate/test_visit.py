"""A simulated page follows its plan as the SDK does."""

from collector.contract.vocabulary import ArmSource, Backend
from collector.simulate.cells import ArmName
from collector.simulate.draw import draw_arm, place
from collector.simulate.visit import choose, shares, wanted
from tests.unit.simulate.tables import NO_PLAN, cell_of, document, race_plan

CELL = cell_of("a,face,webgl,60", "a,face,wasm-simd,20", "a,face,cpu,900")
WEBGL, SIMD, CPU = (ArmName(backend) for backend in (Backend.WEBGL, Backend.WASM_SIMD, Backend.CPU))


def test_without_a_plan_it_runs_what_the_engine_picks():
    choice = choose(CELL, NO_PLAN, "i", "x")
    assert (choice.arm, choice.source, choice.config_version) == (WEBGL, ArmSource.DEFAULT, 7)


def test_a_killed_app_steers_nothing():
    assert choose(CELL, document(("cpu", 1.0, {}), enabled=False), "i", "x").arm == WEBGL


def test_each_install_draws_its_own_arm_and_says_with_what_chance():
    plan = document(("cpu", 0.3, {}), ("wasm-simd", 0.7, {}))
    drawn = []
    for number in range(400):
        choice = choose(CELL, plan, f"install-{number}", "x-simulated")
        arm = draw_arm(plan.models["face"].arms, place(f"install-{number}", "x-simulated", "face"))
        assert choice.arm.backend == arm.backend
        assert (choice.probability, choice.config_version, choice.device_class) == (arm.probability, 7, "*")
        assert choice.source is ArmSource.CONFIG
        drawn.append(choice.arm)
    assert 0.22 < drawn.count(CPU) / 400 < 0.38


def test_a_backend_that_does_not_start_gives_way_to_the_fallbacks_and_then_to_the_default():
    plan = document(("webgpu", 1.0, {}), fallbacks=["webgpu", "webnn", "wasm-simd"])
    choice = choose(CELL, plan, "i", "x")
    assert (choice.arm, choice.source) == (SIMD, ArmSource.FALLBACK)
    assert choice.given_up == (ArmName(Backend.WEBGPU), ArmName(Backend.WEBNN))
    last = choose(CELL, document(("webgpu", 1.0, {})), "i", "x")
    assert (last.arm, last.source, last.given_up) == (WEBGL, ArmSource.FALLBACK, (ArmName(Backend.WEBGPU),))


def test_a_flavour_of_wasm_that_starts_as_another_is_reported_as_a_fallback():
    choice = choose(CELL, document(("wasm-simd-threads", 1.0, {})), "i", "x")
    assert (choice.arm, choice.source) == (SIMD, ArmSource.FALLBACK)
    assert choice.given_up == (ArmName(Backend.WASM_SIMD_THREADS),)
    plain = choose(CELL, document(("wasm", 1.0, {})), "i", "x")
    assert (plain.arm, plain.source, plain.given_up) == (SIMD, ArmSource.CONFIG, ())


def test_a_variant_that_the_page_does_not_have_changes_nothing():
    choice = choose(CELL, document(("wasm-simd", 1.0, {"variant": "pruned"})), "i", "x")
    assert (choice.arm, choice.source) == (WEBGL, ArmSource.DEFAULT)


def test_shares_that_do_not_add_up_are_drawn_by_their_parts_of_the_sum():
    plan = document(("cpu", 0.2, {}), ("wasm-simd", 0.2, {}))
    drawn = [choose(CELL, plan, f"install-{number}", "x").arm for number in range(400)]
    assert 160 < drawn.count(CPU) < 240
    assert shares(CELL, plan) == {CPU: 0.5, SIMD: 0.5}
    assert choose(CELL, document(("cpu", 0.0, {})), "i", "x").source is ArmSource.DEFAULT


def test_the_shares_are_of_what_runs_in_the_end():
    plan = document(("webgpu", 0.25, {}), ("wasm-simd", 0.5, {}), ("webgl", 0.25, {}))
    assert shares(CELL, plan) == {WEBGL: 0.5, SIMD: 0.5}
    assert shares(CELL, NO_PLAN) == {WEBGL: 1.0}


def test_what_won_a_race_runs_as_long_as_the_plan_allows_it():
    plan = document(("webgl", 1.0, {}), race=race_plan("webgl", "wasm-simd"))
    choice = choose(CELL, plan, "i", "x", wins=SIMD)
    assert (choice.arm, choice.source, choice.probability) == (SIMD, ArmSource.RACE, 1.0)
    assert (choice.config_version, choice.given_up) == (7, ())
    for allows in (document(("webgl", 1.0, {}), fallbacks=["wasm-simd"]), document(("wasm-simd", 0.0, {}))):
        assert choose(CELL, allows, "i", "x", wins=SIMD).source is ArmSource.RACE
    forbids = document(("webgl", 1.0, {}), fallbacks=["cpu"], race=race_plan("webgl", "cpu"))
    assert choose(CELL, forbids, "i", "x", wins=SIMD).source is ArmSource.CONFIG
    off = document(("webgl", 1.0, {}), enabled=False, race=race_plan("webgl", "wasm-simd"))
    assert choose(CELL, off, "i", "x", wins=SIMD).source is ArmSource.DEFAULT


def test_a_page_asks_first_for_what_it_drew():
    assert wanted(CELL, document(("cpu", 1.0, {})), "i", "x") == CPU
    assert wanted(CELL, document(("cpu", 1.0, {"variant": "pruned"})), "i", "x") is None
    assert wanted(CELL, NO_PLAN, "i", "x") is None
