"""Whose page races, and what it races: the SDK's rules."""

from dataclasses import replace

from collector.contract.vocabulary import Backend
from collector.simulate.cells import ArmName, after_drift
from collector.simulate.draw import RACE, place
from collector.simulate.racers import Winners, Won, is_due, list_racers
from tests.unit.simulate.tables import NO_PLAN, cell_of, document, race_plan

CELL = cell_of("a,face,webgl,60", "a,face,wasm-simd,20", "a,face,cpu,900")
WEBGL, SIMD, WASM, CPU = (
    ArmName(backend) for backend in (Backend.WEBGL, Backend.WASM_SIMD, Backend.WASM, Backend.CPU)
)
BOTH = race_plan("webgl", "wasm-simd")


def planned(race):
    return document(("webgl", 1.0, {}), race=race)


def racers(race):
    return list_racers(CELL, planned(race).models["face"])


def test_the_plan_says_what_is_raced_and_in_which_order():
    assert racers(race_plan("cpu", "webgl", "webgpu")) == [CPU, WEBGL, ArmName(Backend.WEBGPU)]
    assert racers(None) == []
    assert list_racers(CELL, None) == []


def test_a_page_has_one_flavour_of_wasm():
    assert racers(race_plan("webgl", "wasm", "wasm-simd", "wasm-simd-threads")) == [WEBGL, WASM]
    assert not is_due(CELL, planned(race_plan("wasm", "wasm-simd")), "i", "x")


def test_a_plan_draws_its_share_of_the_installs_whatever_arm_they_draw():
    installs = [f"install-{number}" for number in range(400)]
    due = {
        each for each in installs if is_due(CELL, planned(race_plan("webgl", "cpu", share=0.3)), each, "x")
    }
    assert due == {each for each in installs if place(each, "x", "face", RACE) < 0.3}
    assert 0.22 < len(due) / 400 < 0.38
    assert 0.2 < sum(place(each, "x", "face") < 0.3 for each in due) / len(due) < 0.4


def test_nobody_races_without_a_plan_for_it_or_while_the_app_is_off():
    assert is_due(CELL, planned(BOTH), "i", "x")
    for told in (NO_PLAN, planned(None), document(("webgl", 1.0, {}), race=BOTH, enabled=False)):
        assert not is_due(CELL, told, "i", "x")


def test_a_device_with_little_memory_is_left_alone():
    for memory_gb, races in ((1, False), (2, False), (4, True), (0, True)):
        device = CELL.device.model_copy(update={"memory_gb": memory_gb})
        assert is_due(replace(CELL, device=device), planned(BOTH), "i", "x") is races


def test_an_install_remembers_what_won_until_its_browser_changes():
    winners = Winners()
    assert winners.of("i", CELL) is None
    winners.keep("i", CELL, SIMD)
    assert winners.of("i", CELL) == Won(SIMD)
    assert winners.of("another", CELL) is None
    assert winners.of("i", replace(CELL, model="hand")) is None
    assert winners.of("i", after_drift([CELL], 2, 40)[0]) is None
    winners.keep("i", CELL, None)
    assert winners.of("i", CELL) == Won(None)  # not raced again, either
