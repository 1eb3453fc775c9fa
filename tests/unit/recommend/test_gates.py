"""Gates refuse an arm for what it surely does, and where another is better."""

from collections import Counter
from datetime import date

import numpy as np
import pytest

from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import Visit
from collector.jobs.recommend.counting.conduct import Conduct
from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.gates import Baseline, check_arm, wilson_lower, wilson_upper
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.reading.load import live_releases
from collector.jobs.recommend.record import DecisionRecord, Gate
from collector.jobs.recommend.session_days import SessionDays
from collector.jobs.recommend.settings import RecommendSettings
from tests.unit.recommend.visits import LINUX, arm, inputs, visits

SETTINGS = RecommendSettings()
LOST = {"incidents": frozenset({"context_lost"})}
KILLED = {"incidents": frozenset({"killed"})}


def at_leaf(given: ModelInputs) -> DecisionRecord:
    return next(item for item in decide(given, SETTINGS) if item.device_class == LINUX.key)


def some_lost(backend: str, sessions: int, lost: int, ms: float) -> list[list[Visit]]:
    return [visits(backend, sessions - lost, ms), visits(backend, lost, ms, **LOST)]


def incidents(sessions: int, lost: int, usual: float = 0.0, *, incumbent: bool = False) -> Gate:
    own = [visit for group in some_lost("webgl", sessions, lost, 10.0) for visit in group]
    days = SessionDays.of(own)
    answers = check_arm(
        arm("webgl"),
        Conduct.of(days, np.arange(len(days))),
        1.0,
        variants={},
        leaks=[],
        settings=SETTINGS,
        baseline=Baseline(incidents=usual),
        incumbent=incumbent,
    )
    return next(gate for gate in answers if gate.gate == "incidents")


def test_the_bounds_hold_each_other() -> None:
    for failed, trials in ((0, 20), (3, 101), (50, 100), (20, 20)):
        assert wilson_lower(failed, trials, 0.95) <= failed / trials <= wilson_upper(failed, trials, 0.95)


@pytest.mark.parametrize(
    ("sessions", "lost", "passed", "lacks_data"),
    [
        (101, 3, True, False),  # honest, and 21 ms instead of 158
        (1000, 110, True, False),  # a tenth may be hostile
        (200, 28, False, True),  # 14 %: perhaps the arm's own fault
        (200, 50, False, False),  # a quarter: surely
        (6, 6, False, False),
        (6, 1, False, True),
    ],
)
def test_a_share_of_incidents_is_an_interval(
    sessions: int, lost: int, passed: bool, lacks_data: bool
) -> None:
    gate = incidents(sessions, lost)
    assert (gate.passed, gate.lacks_data) == (passed, lacks_data)


def test_incidents_that_every_arm_has_refuse_none() -> None:
    assert not incidents(400, 160).passed
    assert incidents(400, 160, usual=0.4).passed


def test_what_was_chosen_stays_until_it_surely_fails() -> None:
    assert not incidents(200, 28).passed
    assert incidents(200, 28, incumbent=True).passed
    assert not incidents(200, 50, incumbent=True).passed


def killed(sessions: int, deaths: int, usual: float = 0.0) -> list[Gate]:
    own = [*visits("webgl", sessions - deaths, 10.0), *visits("webgl", deaths, 10.0, **KILLED)]
    days = SessionDays.of(own)
    return check_arm(
        arm("webgl"),
        Conduct.of(days, np.arange(len(days))),
        1.0,
        variants={},
        leaks=[],
        settings=SETTINGS,
        baseline=Baseline(killed=usual),
    )


@pytest.mark.parametrize(
    ("sessions", "deaths", "passed", "lacks_data"),
    [
        (101, 2, True, False),
        (1000, 110, True, False),  # a tenth may be hostile
        (200, 28, False, True),
        (200, 50, False, False),
        (6, 6, False, False),
    ],
)
def test_a_share_of_killed_pages_is_an_interval(
    sessions: int, deaths: int, passed: bool, lacks_data: bool
) -> None:
    gates = {gate.gate: gate for gate in killed(sessions, deaths)}
    assert (gates["killed"].passed, gates["killed"].lacks_data) == (passed, lacks_data)
    # It is told apart: the other gates see nothing of it.
    assert (gates["incidents"].detail, gates["incidents"].passed) == (
        next(gate for gate in killed(sessions, 0) if gate.gate == "incidents").detail,
        next(gate for gate in killed(sessions, 0) if gate.gate == "incidents").passed,
    )


def test_pages_that_die_on_every_arm_refuse_none() -> None:
    assert next(gate for gate in killed(400, 160, usual=0.4) if gate.gate == "killed").passed


def test_an_arm_that_kills_pages_is_refused_however_fast_and_the_record_says_why() -> None:
    record = at_leaf(
        inputs(
            visits("webgl", 200, 60.0),
            visits("wasm-simd", 140, 10.0),
            visits("wasm-simd", 60, 10.0, **KILLED),
        )
    )
    assert record.recommended == (Backend.WEBGL, "original")
    refused = next(each for each in record.arms if each.backend == Backend.WASM_SIMD)
    gate = next(gate for gate in refused.gates if gate.gate == "killed")
    assert gate.detail.startswith("the page was killed in 60 of 200 session-days")


def test_a_page_that_fails_on_every_arm_still_gets_the_cheapest() -> None:
    record = at_leaf(inputs(*some_lost("webgl", 200, 80, 60.0), *some_lost("wasm-simd", 200, 80, 10.0)))
    assert record.state == "committed"
    assert record.recommended == (Backend.WASM_SIMD, "original")


def test_a_default_that_fails_is_left_for_what_does_not_unless_that_costs_too_much() -> None:
    for ms, recommended in ((90.0, (Backend.WASM_SIMD, "original")), (900.0, None)):
        record = at_leaf(inputs(*some_lost("webgl", 200, 80, 60.0), visits("wasm-simd", 200, ms)))
        assert record.recommended == recommended


def test_a_leak_on_every_backend_refuses_none_and_never_ends_on_one_that_is_slower_than_the_default() -> None:
    found = {backend: ["0123456789abcdef"] for backend in (Backend.WEBGL, Backend.WASM_SIMD)}
    three = [visits("webgl", 200, 60.0), visits("wasm-simd", 200, 30.0), visits("cpu", 200, 2000.0)]
    record = at_leaf(inputs(*three, leaking=found))
    assert record.recommended == (Backend.WASM_SIMD, "original")
    assert record.state == "committed"


def test_a_leak_that_the_default_does_not_have_refuses_an_arm() -> None:
    two = [visits("webgl", 200, 60.0), visits("wasm-simd", 200, 30.0)]
    record = at_leaf(inputs(*two, leaking={Backend.WASM_SIMD: ["0123456789abcdef"]}))
    assert record.recommended == (Backend.WEBGL, "original")


def test_a_leak_holds_for_the_releases_that_visitors_run() -> None:
    by_day = {
        date(2026, 11, 1): Counter({"1.0": 500}),
        date(2026, 11, 28): Counter({"1.1": 90, "1.0": 8}),
        date(2026, 11, 29): Counter({"1.1": 10, "1.2": 20}),
    }
    assert live_releases(by_day) == {"1.1", "1.2"}
    assert live_releases({}) == set()


def test_what_was_refused_for_failing_keeps_a_trickle() -> None:
    record = at_leaf(inputs(*some_lost("wasm-simd", 200, 80, 10.0), visits("webgl", 200, 15.0)))
    assert record.recommended == (Backend.WEBGL, "original")
    shares = {item.backend: item.probability for item in record.propensities}
    assert shares[Backend.WASM_SIMD] == SETTINGS.retry_share
