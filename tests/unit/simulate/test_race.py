"""A race on a simulated device goes by the SDK's rules."""

import numpy as np
import pytest

from collector.contract.vocabulary import Backend, RaceOutcome
from collector.simulate.cells import LOAD_MS, ArmName
from collector.simulate.noise import PAIR_SD
from collector.simulate.race import run_race
from tests.unit.simulate.tables import cell_of

WEBGL, SIMD, CPU, WEBGPU = (
    ArmName(backend) for backend in (Backend.WEBGL, Backend.WASM_SIMD, Backend.CPU, Backend.WEBGPU)
)
CELL = cell_of(
    "a,face,webgl,20,100",
    "a,face,wasm-simd,8,10",
    "a,face,cpu,90,90",
    columns="device,model,backend,ms,warmup_ms",
)
ROOM = 60_000


def race(*racers, cell=CELL, budget_ms=ROOM, slowness=1.0, seed=1, drawn=None, start_weight=0.0):
    random = np.random.default_rng(seed)
    return run_race(
        cell,
        racers,
        drawn,
        budget_ms=budget_ms,
        slowness=slowness,
        random=random,
        start_weight=start_weight,
    )


def outcomes(raced):
    return [lane.outcome for lane in raced.lanes]


def test_the_fastest_warm_arm_wins_and_its_model_is_kept():
    raced = race(WEBGL, SIMD)
    assert outcomes(raced) == [RaceOutcome.MEASURED] * 2
    assert [lane.runs for lane in raced.lanes] == [5, 5]
    assert (raced.winner, raced.wins) == (1, SIMD)
    assert raced.kept is raced.lanes[1]
    assert raced.lanes[0].ready_ms == pytest.approx(20, rel=0.4)
    assert raced.lanes[1].ready_ms == pytest.approx(8, rel=0.4)
    assert raced.lanes[1].began_ms > LOAD_MS + 5 * 10


def test_a_backend_that_the_device_lacks_fails_and_takes_no_time():
    raced = race(WEBGPU, WEBGL, SIMD)
    assert outcomes(raced) == [RaceOutcome.FAILED, RaceOutcome.MEASURED, RaceOutcome.MEASURED]
    assert raced.lanes[1].began_ms == 0
    assert (raced.lanes[0].runs, raced.lanes[0].ready_ms, raced.lanes[0].backend) == (0, None, Backend.WEBGPU)


def test_a_flavour_of_wasm_that_the_device_lacks_is_reported_as_the_one_that_ran():
    raced = race(ArmName(Backend.WASM_SIMD_THREADS), WEBGL)
    assert raced.lanes[0].backend is Backend.WASM_SIMD
    assert raced.wins == ArmName(Backend.WASM_SIMD_THREADS)  # as which it is asked for again


def test_an_arm_of_over_twice_the_best_is_stopped_after_one_run():
    raced = race(SIMD, CPU, WEBGL)
    assert outcomes(raced) == [RaceOutcome.MEASURED, RaceOutcome.HOPELESS, RaceOutcome.HOPELESS]
    assert raced.lanes[1].runs == 1
    assert raced.lanes[1].ready_ms == pytest.approx(90, rel=0.5)
    # Held against what was measured before it: nothing stops the first.
    assert outcomes(race(CPU, SIMD)) == [RaceOutcome.MEASURED] * 2


def test_a_slow_start_loses_where_it_weighs():
    cell = cell_of("a,face,webgl,5,300", "a,face,wasm-simd,8,10", columns="device,model,backend,ms,warmup_ms")
    assert race(WEBGL, SIMD, cell=cell).wins == WEBGL
    assert race(WEBGL, SIMD, cell=cell, start_weight=0.1).wins == SIMD


def test_what_comes_after_the_budget_is_late_and_what_is_under_way_ends():
    raced = race(WEBGL, SIMD, CPU, budget_ms=100)
    assert outcomes(raced) == [RaceOutcome.LATE] * 3
    assert raced.lanes[0].first_ms == raced.spent_ms - raced.lanes[0].load_ms
    assert raced.spent_ms > 100
    assert [lane.load_ms for lane in raced.lanes[1:]] == [None, None]
    assert (raced.winner, raced.wins, raced.kept) == (None, None, None)


def test_an_arm_whose_runs_do_not_fit_is_given_up_after_one():
    slow = cell_of("a,face,webgl,400", "a,face,cpu,500")
    raced = race(WEBGL, CPU, cell=slow, budget_ms=1500)
    assert outcomes(raced)[0] is RaceOutcome.LATE
    assert raced.lanes[0].runs == 1


def test_an_arm_that_was_held_against_none_has_not_won():
    raced = race(SIMD, CPU, budget_ms=150)
    assert outcomes(raced) == [RaceOutcome.MEASURED, RaceOutcome.LATE]
    assert raced.winner is None


def test_without_a_winner_the_page_keeps_what_it_would_have_run():
    raced = race(SIMD, CPU, budget_ms=150, drawn=SIMD)
    assert raced.kept is raced.lanes[0]
    assert raced.extra_ms == pytest.approx(raced.spent_ms - raced.kept.load_ms - raced.kept.first_ms)
    assert race(SIMD, CPU, budget_ms=150).extra_ms == raced.spent_ms


def test_an_arm_that_fails_in_a_race_does_not_win_it():
    failing = cell_of("a,face,webgl,1,1", "a,face,cpu,9,0", columns="device,model,backend,ms,error_rate")
    raced = race(WEBGL, CPU, cell=failing)
    assert outcomes(raced) == [RaceOutcome.FAILED, RaceOutcome.MEASURED]
    assert raced.wins == CPU


def test_arms_of_one_race_share_the_device_and_differ_by_little_else():
    pairs, levels = [], []
    for seed in range(600):
        slowness = float(np.exp(0.5 * np.random.default_rng([seed, 9]).standard_normal()))
        first, second = (lane.ready_ms for lane in race(WEBGL, SIMD, slowness=slowness, seed=seed).lanes)
        pairs.append(np.log(first / second))
        levels.append(np.log(first))
    assert np.median(pairs) == pytest.approx(np.log(20 / 8), abs=0.02)
    # The pair's own noise on both arms, and that of a median of five runs.
    assert np.sqrt(2) * PAIR_SD < np.std(pairs) < 2.2 * PAIR_SD
    assert np.std(levels) > 0.4
