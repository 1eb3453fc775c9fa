"""The truth of a table: what starts, what is best, what a drift does to it."""

import pytest

from collector.contract.vocabulary import Backend
from collector.simulate.cells import ArmName, after_drift
from tests.unit.simulate.tables import cell_of

SIMD, PLAIN, THREADS = Backend.WASM_SIMD, Backend.WASM, Backend.WASM_SIMD_THREADS


@pytest.mark.parametrize(
    ("backends", "default"),
    [
        (("cpu", "wasm", "webgl", "webgpu"), "webgpu"),
        (("cpu", "wasm", "webgl"), "webgl"),
        (("cpu", "wasm", "wasm-simd"), "wasm-simd"),
        (("webnn", "cpu"), "cpu"),
    ],
)
def test_the_default_is_what_the_engine_picks_of_what_the_table_has(backends, default):
    assert cell_of(*(f"a,m,{backend},1" for backend in backends)).default == ArmName(Backend(default))


def test_a_table_can_say_what_the_engine_picks():
    cell = cell_of("a,m,wasm,9,yes", "a,m,wasm-simd,1,", columns="device,model,backend,ms,default")
    assert cell.default == ArmName(PLAIN)
    assert cell.starts(PLAIN, "original") == ArmName(PLAIN)
    assert cell.best(40) == ArmName(SIMD)


def test_a_flavour_of_wasm_that_is_missing_gives_way_to_one_below_and_no_other_backend_does():
    cell = cell_of("a,m,webgl,1", "a,m,wasm,3", "a,m,wasm-simd,2")
    assert cell.starts(THREADS, "original") == ArmName(SIMD)
    assert cell.starts(SIMD, "original") == ArmName(SIMD)
    assert cell.starts(PLAIN, "original") == ArmName(SIMD)  # the SDK asks for the best there is
    assert cell.starts(Backend.WEBGPU, "original") is None
    assert cell.starts(Backend.WEBGL, "float16") is None


def test_a_slow_start_weighs_on_short_sessions():
    cell = cell_of("a,m,webgl,10,2000", "a,m,wasm,30,20", columns="device,model,backend,ms,warmup_ms")
    assert cell.best(20) == ArmName(PLAIN)
    assert cell.best(400) == ArmName(Backend.WEBGL)
    assert cell.cost(ArmName(Backend.WEBGL), 100) == pytest.approx(10 + (20 + 2000) / 100)


def test_an_arm_that_fails_is_not_the_best_however_fast():
    cell = cell_of("a,m,webgpu,1,0.2", "a,m,wasm,9,0.01", columns="device,model,backend,ms,error_rate")
    assert cell.best(40) == ArmName(PLAIN)


def test_a_drift_slows_the_best_arm_down_in_a_newer_browser():
    cell = cell_of("a,m,webgl,10", "a,m,wasm,15")
    (drifted,) = after_drift([cell], 3, 40)
    assert drifted.best(40) == ArmName(PLAIN)
    assert drifted.arms[ArmName(Backend.WEBGL)].ms == 30
    assert drifted.device.browser_major == cell.device.browser_major + 1
    assert cell.best(40) == ArmName(Backend.WEBGL)
