"""The arithmetic of the learning curve, by hand."""

import math

import pytest

from collector.contract.vocabulary import Backend
from collector.simulate.cells import LOAD_MS, ArmName
from collector.simulate.curve import Waiting, first, make_point, state_of
from tests.unit.simulate.tables import NO_PLAN, cell_of, document

WEBGL, SIMD = ArmName(Backend.WEBGL), ArmName(Backend.WASM_SIMD)
USUAL = 10_000_000  # so long that the start weighs nothing
CELL = cell_of("a,face,webgl,60", "a,face,wasm-simd,20")
RIGHT = cell_of("b,face,webgl,10", "b,face,wasm-simd,30")


def test_a_cell_is_wrong_when_most_installs_get_another_arm_than_the_best():
    state, expected = state_of(CELL, NO_PLAN, USUAL, 0.05)
    assert (state.wrong, state.runs, state.best, state.times) == (True, "webgl", "wasm-simd", 3.0)
    assert expected == pytest.approx(3.0, rel=1e-4)
    state, expected = state_of(CELL, document(("wasm-simd", 0.6, {}), ("webgl", 0.4, {})), USUAL, 0.05)
    assert (state.wrong, state.runs) == (False, "wasm-simd")
    assert expected == pytest.approx(0.6 + 0.4 * 3, rel=1e-4)


def test_arms_within_the_tie_are_as_good():
    cell = cell_of("a,face,webgl,10.4", "a,face,wasm-simd,10")
    assert not state_of(cell, NO_PLAN, USUAL, 0.05)[0].wrong
    assert state_of(cell, NO_PLAN, USUAL, 0.03)[0].wrong


def test_an_arm_that_fails_too_often_is_wrong_though_it_is_fast():
    cell = cell_of("a,face,webgl,1,0.5", "a,face,wasm-simd,9,", columns="device,model,backend,ms,error_rate")
    assert state_of(cell, NO_PLAN, USUAL, 0.05)[0].wrong


def test_a_point_is_the_geometric_mean_over_cells_and_the_waiting_of_sessions():
    waiting = Waiting()
    waiting.add(CELL, WEBGL, 100, USUAL)  # waits 6,000 ms, needs 2,000
    waiting.add(CELL, SIMD, 100, USUAL)  # waits 2,000, by default 6,000
    waiting.add(RIGHT, WEBGL, 100, USUAL)  # waits 1,000
    point, states = make_point([CELL, RIGHT], [NO_PLAN, NO_PLAN], waiting, sessions=30, usual=USUAL, tie=0.05)
    assert (point.sessions, point.sessions_a_cell, point.wrong, point.config_version) == (30, 15.0, 1, 7)
    assert point.geo == pytest.approx(math.sqrt(3.0), abs=1e-3)
    assert point.worst == pytest.approx(3.0, abs=1e-3)
    assert point.wasted == pytest.approx(4 / 9, abs=1e-3)
    assert point.wasted_default == pytest.approx(8 / 13, abs=1e-3)
    assert [state.wrong for state in states] == [True, False]


def test_the_start_is_a_part_of_the_waiting():
    cell = cell_of("a,m,webgl,10,480", columns="device,model,backend,ms,warmup_ms")
    waiting = Waiting()
    waiting.add(cell, WEBGL, 50, 50)
    assert waiting.waited == pytest.approx(50 * 10 + LOAD_MS + 480)


def test_the_time_of_a_race_is_waited_for_nothing():
    waiting = Waiting()
    waiting.add(CELL, SIMD, 100, USUAL)
    waiting.add(CELL, SIMD, 100, USUAL, race_ms=1000)
    assert waiting.wasted == pytest.approx(1000 / 5000, abs=1e-3)
    assert waiting.share_raced == pytest.approx(1000 / 5000, abs=1e-3)
    assert waiting.wasted_default == pytest.approx(2 / 3, abs=1e-3)  # nobody races there


def test_right_from_then_on_means_to_the_end():
    assert first([3, 0, 1, 0, 0], lambda wrong: wrong == 0) == 0
    assert [first(points, lambda wrong: wrong == 0) for points in ([0, 1], [])] == [None, None]
    numbered = list(enumerate([2, 0, 1, 0, 0]))
    assert first(numbered, lambda pair: pair[1] == 0) == (3, 0)
