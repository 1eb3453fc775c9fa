"""Races as evidence: what a device measures of two arms says ten times what two devices say."""

from datetime import date

import numpy as np
import pytest

from collector.contract.device_class import DeviceClass, leaf
from collector.contract.vocabulary import Backend, RaceOutcome
from collector.jobs.recommend.arms import ArmKey, Visit
from collector.jobs.recommend.committing.verdict import Contest
from collector.jobs.recommend.counting.raced import Raced
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.habits import Habits
from collector.jobs.recommend.inputs import Race, RacedArm
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.session_days import SessionDays
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.trying.candidates import Candidate
from collector.jobs.recommend.trying.racing import FIRST_RACES, MUTE_RACES, RACE_RUNS, Pace, plan_race
from tests.unit.recommend.visits import EVERYTHING, LINUX, arm, inputs, visits

SETTINGS = RecommendSettings()
WASM, WEBGL = arm("wasm-simd"), arm("webgl")
ABLE = frozenset({Backend.WEBGL, Backend.WASM_SIMD})
PHONE = leaf(dict(LINUX.facts) | {"form": "mobile", "os": "android", "gpu": "adreno-6"})


def races(
    times: dict[ArmKey, float], count: int, *, seed: int = 0, spread: float = 0.1, device: DeviceClass = LINUX
) -> list[Race]:
    """Devices that differ by a factor of e^0.6; what one device measures of its arms by e^``spread``."""
    random = np.random.default_rng([seed, count])
    return [
        Race(
            device=device,
            arms={
                key: RacedArm(RaceOutcome.MEASURED, ready_ms=float(ms * level * random.lognormal(0, spread)))
                for key, ms in times.items()
            },
            session=f"{seed}-{index}",
            day=date(2026, 1, 1),
            capable=EVERYTHING,
        )
        for index in range(count)
        for level in [random.lognormal(0, 0.6)]
    ]


def at_leaf(*groups: object, device: DeviceClass = LINUX, **fields: object) -> DecisionRecord:
    decided = decide(inputs(*groups, **fields), SETTINGS)  # type: ignore[arg-type]
    return next(record for record in decided if record.device_class == device.key)


@pytest.mark.parametrize(("gap", "few", "enough"), [(1.5, 4, 12), (1.2, 6, 24)])
def test_a_dozen_races_commit_to_an_arm_that_is_half_as_fast_again(gap: float, few: int, enough: int) -> None:
    sessions = [visits("webgl", 20, 10.0 * gap, spread=0.6), visits("wasm-simd", 10, 10.0, spread=0.6)]
    both = {WEBGL: 10.0 * gap, WASM: 10.0}
    before, after = (at_leaf(*sessions, races=races(both, count)) for count in (few, enough))
    assert before.state == "exploring"
    assert after.state == "committed"
    assert after.recommended == WASM
    raced = next(item for item in after.arms if item.backend == Backend.WASM_SIMD)
    assert raced.races == enough


def test_races_are_not_pooled_with_sessions_on_other_devices() -> None:
    """Sessions say the opposite, by who ran what: a race is free of that."""
    sessions = [visits("webgl", 20, 10.0, spread=0.6), visits("wasm-simd", 20, 13.0, spread=0.6)]
    record = at_leaf(*sessions, races=races({WEBGL: 12.0, WASM: 10.0}, 60))
    assert record.recommended == WASM


@pytest.mark.parametrize("spread", [0.05, 0.1, 0.3])
def test_equal_arms_are_told_apart_by_races_in_at_most_one_run_of_twenty(spread: float) -> None:
    runs, wrong = 150, 0
    for seed in range(runs):
        told = races({WEBGL: 10.0, WASM: 10.0}, 60, seed=seed, spread=spread)
        for count in range(SETTINGS.min_races, 61, 2):
            votes = Votes(SessionDays.of([]), SETTINGS, told[:count])
            device = DeviceClass(facts=())
            raced = votes.raced.strata(device, None, Habits(1.0), votes.arms)
            empty = votes.strata(votes.layout(device), Habits(1.0))
            contest = Contest(empty, SETTINGS.error, SETTINGS, raced).with_at_least(SETTINGS.min_sessions)
            if contest.beats(WASM, WEBGL) or contest.beats(WEBGL, WASM):
                wrong += 1
                break
    print(f"log-sd {spread}: {wrong / runs:.1%} of {runs} runs")
    assert wrong / runs <= SETTINGS.error


@pytest.mark.parametrize("lie", [1e-3, 1e6])
def test_a_tenth_of_lying_races_does_not_change_the_choice(lie: float) -> None:
    sessions = [visits("webgl", 30, 20.0), visits("wasm-simd", 30, 10.0)]
    honest = races({WEBGL: 20.0, WASM: 10.0}, 45)
    liars = races({WEBGL: lie, WASM: 10.0}, 5, seed=1)
    assert at_leaf(*sessions, races=[*honest, *liars]).recommended == WASM


def stopped(slow: RacedArm, count: int = 20) -> list[Race]:
    """Races of which wasm won, and in which webgl fared so."""
    fast = RacedArm(RaceOutcome.MEASURED, ready_ms=10.0, start_ms=20.0, won=True)
    return [
        Race(LINUX, {WASM: fast, WEBGL: slow}, session=str(index), day=date(2026, 1, 1), capable=EVERYTHING)
        for index in range(count)
    ]


def test_a_race_without_a_time_of_a_second_arm_compares_nothing_and_is_counted() -> None:
    raced = Raced(stopped(RacedArm(RaceOutcome.LATE, start_ms=2000.0)), SETTINGS)
    assert raced.strata(LINUX, None, Habits(1.0), [WASM, WEBGL]) is None
    assert raced.seen(LINUX) == (0, 20)
    assert raced.by_leaf == {}


@pytest.mark.parametrize(
    "slow",
    [
        RacedArm(RaceOutcome.HOPELESS, ready_ms=60.0, start_ms=90.0),  # by one warm prediction
        RacedArm(RaceOutcome.LATE, ready_ms=60.0, start_ms=90.0),
        RacedArm(RaceOutcome.HOPELESS, start_ms=6000.0),  # by its start alone
    ],
)
def test_an_arm_that_was_stopped_for_being_slow_is_known_to_be_slow(slow: RacedArm) -> None:
    before = visits("webgl", 20, 60.0, start_ms=6000.0)
    record = at_leaf(before, visits("wasm-simd", 5, 10.0), races=stopped(slow, SETTINGS.min_races))
    assert record.recommended == WASM
    assert next(each for each in record.arms if each.backend == Backend.WEBGL).races == SETTINGS.min_races


def test_a_race_in_which_all_but_one_failed_counts_against_those_that_failed() -> None:
    conduct = Raced(stopped(RacedArm(RaceOutcome.FAILED)), SETTINGS).conduct(LINUX, WEBGL)
    assert (conduct.sessions, conduct.not_started, conduct.raced) == (20, 20, 0)


def test_races_that_compare_nothing_are_given_up() -> None:
    mute = stopped(RacedArm(RaceOutcome.LATE), MUTE_RACES)
    record = at_leaf(visits("webgl", 40, 60.0), races=mute)
    assert record.race is None
    assert {Backend.WASM_SIMD_THREADS, Backend.WEBGPU} & {each.backend for each in record.propensities}
    assert at_leaf(visits("webgl", 40, 60.0), races=mute[1:]).race is not None


def test_an_arm_whose_start_takes_the_time_of_a_race_runs_last() -> None:
    record = at_leaf(visits("webgl", 40, 60.0, start_ms=3000.0))
    assert record.race is not None
    assert record.race.arms[-1] == WEBGL


@pytest.mark.parametrize(("outcome", "gate"), [("failed", "capability"), ("wrong", "incidents")])
def test_an_arm_that_fails_its_races_is_refused(outcome: str, gate: str) -> None:
    broken = [
        Race(
            device=LINUX,
            arms={
                WEBGL: RacedArm(RaceOutcome.MEASURED, ready_ms=60.0, won=True),
                arm("wasm-simd-threads"): RacedArm(RaceOutcome.MEASURED, ready_ms=50.0),
                WASM: RacedArm(RaceOutcome(outcome)),
            },
            session=str(index),
            day=date(2026, 1, 1),
            capable=EVERYTHING,
        )
        for index in range(20)
    ]
    record = at_leaf(visits("webgl", 60, 60.0), visits("wasm-simd", 60, 10.0), races=broken)
    refused = next(item for item in record.arms if item.backend == Backend.WASM_SIMD)
    assert not refused.passed
    assert gate in [each.gate for each in refused.gates if not each.passed]


def test_a_leaf_class_races_at_once_then_within_the_budget_and_no_more_once_it_is_sure() -> None:
    def share(sessions: int, told: int, webgl: float = 12.0) -> float:
        found = races({WEBGL: webgl, WASM: 10.0}, told)
        own = visits("webgl", sessions, 60.0, capable=ABLE)
        record = at_leaf(own, races=found)
        return record.race.share if record.race else 0.0

    assert share(30, 0) == 1.0
    assert share(30, 1) == pytest.approx((FIRST_RACES - 1) / 3)
    assert share(1000, 1) == pytest.approx((FIRST_RACES - 1) / 100, rel=1e-6)
    assert share(200, FIRST_RACES, 10.5) == pytest.approx(2 * SETTINGS.min_races / 200)
    assert share(200, FIRST_RACES, 3.0) == 0  # nothing is to be gained
    sure = at_leaf(visits("webgl", 200, 60.0, capable=ABLE), visits("wasm-simd", 200, 10.0, capable=ABLE))
    assert sure.state == "committed"
    assert sure.race is None


def test_one_kind_of_wasm_races_since_a_page_starts_one() -> None:
    record = at_leaf(visits("webgl", 40, 60.0))
    assert record.race is not None
    raced = [backend for backend, _ in record.race.arms]
    assert raced[0] == Backend.WEBGL
    assert [backend for backend in raced if backend.startswith("wasm")] == [Backend.WASM_SIMD_THREADS]
    assert Backend.WEBGPU in raced
    tried = {item.backend for item in record.propensities if item.why == "exploration"}
    assert tried <= {Backend.WASM, Backend.WASM_SIMD}  # what races tell of is left to them


def test_a_kind_of_wasm_that_does_more_than_the_recommended_one_races_in_its_place() -> None:
    """The recommended one is known; a class that raced it again would never measure the other."""
    times = {WEBGL: 20.0, WASM: 15.0}
    sessions = visits("webgl", 20, 20.0), visits("wasm-simd", 20, 15.0)
    record = at_leaf(*sessions, races=races(times, FIRST_RACES))
    assert record.recommended == WASM
    assert record.race is not None
    raced = [backend for backend, _ in record.race.arms]
    assert Backend.WASM_SIMD_THREADS in raced
    assert Backend.WASM_SIMD not in raced


@pytest.mark.parametrize("recommended", ["wasm", "webgl"])
def test_what_races_cost_is_the_arms_that_race(recommended: str) -> None:
    """A kind of wasm that races in the recommended one's place is paid for; the recommended one is not."""
    rivals = [
        Candidate(arm("wasm-simd-threads"), 0.7, 0.8, lacks=20, gain=0.1, had=0, races=FIRST_RACES),
        Candidate(arm("webgpu"), 0.3, 1.5, lacks=20, gain=0.1, had=0, races=FIRST_RACES),
    ]
    pace = Pace(daily=1000, usual=100, unraced=0, is_leaf=True)
    settings = RecommendSettings(min_races=100_000)  # the budget alone is what limits them
    race = plan_race(arm(recommended), rivals, pace, settings, sure=False)
    assert race is not None
    paid = 0.8 + 1.5 + (1 if recommended == "webgl" else 0)
    assert arm(recommended) in race.arms or recommended == "wasm"
    assert race.share * RACE_RUNS * paid / 100 == pytest.approx(settings.regret_budget)


def test_a_model_that_never_raced_tries_arms_by_shares() -> None:
    tried = {item.backend for item in at_leaf(visits("webgl", 60, 60.0)).propensities}
    assert Backend.WASM_SIMD_THREADS in tried


def test_a_class_above_races_for_the_leaf_classes_that_are_too_small_for_a_plan_of_their_own() -> None:
    devices = [leaf(dict(LINUX.facts) | {"gpu": gpu}) for gpu in ("apple", "nvidia-ampere", "mali-g7")]
    large = visits("webgl", 60, 60.0, device=devices[0]), visits("wasm-simd", 60, 10.0, device=devices[0])
    small = [visits("webgl", 2, 60.0, device=device) for device in devices[1:]]

    def root(*groups: list[Visit]) -> DecisionRecord:
        return next(each for each in decide(inputs(*groups), SETTINGS) if each.device_class == "*")

    assert root(*large).race is None
    assert root(*large, *small).race is not None
