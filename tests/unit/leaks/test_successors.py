"""A later release that holds its memory ends the findings of the one before, once most sessions run it."""

from dataclasses import replace
from datetime import timedelta

from benchmarks.leaks.pages import Shape, flat, leak
from collector.contract.finding import Finding, FindingKind, FindingState
from collector.jobs.leaks.series import SessionSeries
from tests.unit.leaks.sessions import COHORT, NOW
from tests.unit.leaks.test_decide import judge, sessions
from tests.unit.leaks.test_load_growth import page

FIXED = COHORT
LEAKY = COHORT.model_copy(update={"release": "1.3.0"})
LATER = timedelta(minutes=5)


def leaky(count: int = 10) -> list[SessionSeries]:
    return sessions(count, leak(2), cohort=LEAKY, age=timedelta(hours=2))


def later(count: int, shape: Shape = flat, seed: int = 7) -> list[SessionSeries]:
    return sessions(count, shape, cohort=FIXED, seed=seed)


def state(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.cohort.release, finding.state.value) for finding in findings]


def test_a_fixed_release_that_most_sessions_run_ends_the_finding_and_says_so() -> None:
    opened = judge(leaky())
    (resolved,) = judge([*leaky(), *later(15)], opened, after=LATER)
    assert resolved.state is FindingState.RESOLVED
    assert resolved.cohort.release == "1.3.0"
    assert resolved.summary == (
        "blazeface on webgl in release 1.3.0: release 1.4.0 holds its memory (0 of 15 sessions leak), and "
        "60% of the newest sessions run it, or another clean release."
    )
    assert resolved.evidence["recovery"]["successor"] == {
        "release": "1.4.0",
        "leaking": 0,
        "sessions": 15,
        "share": 0.6,
    }
    assert judge([*leaky(), *later(15)], [resolved], after=2 * LATER) == []


def test_a_canary_of_the_fixed_release_ends_nothing() -> None:
    opened = judge(leaky(30))
    assert state(judge([*leaky(30), *later(8)], opened, after=LATER)) == [("1.3.0", "open")]


def test_few_sessions_of_a_later_release_do_not_say_that_it_is_fixed() -> None:
    opened = judge(leaky(5))
    assert state(judge([*leaky(5), *later(4)], opened, after=LATER)) == [("1.3.0", "open")]


def test_a_later_release_that_leaks_too_ends_nothing() -> None:
    opened = judge(leaky())
    found = judge([*leaky(), *later(30, leak(1))], opened, after=LATER)
    assert sorted(state(found)) == [("1.3.0", "open"), ("1.4.0", "open")]


def test_only_the_newest_sessions_count_so_that_a_fix_is_seen_though_the_leak_was_long() -> None:
    opened = judge(leaky(100))
    assert state(judge([*leaky(100), *later(70)], opened, after=LATER)) == [("1.3.0", "resolved")]


def test_a_rollback_to_the_leaking_release_opens_it_again_and_half_of_all_sessions_change_nothing() -> None:
    opened = judge(leaky())
    resolved = judge([*leaky(), *later(15)], opened, after=LATER)
    both = [*sessions(10, leak(2), cohort=LEAKY), *later(10)]
    assert judge(both, resolved, after=2 * LATER) == []
    back = [*sessions(20, leak(2), cohort=LEAKY), *later(10)]
    assert state(judge(back, resolved, after=2 * LATER)) == [("1.3.0", "open")]


def test_a_leak_that_was_fixed_before_anybody_looked_is_not_told() -> None:
    assert judge([*leaky(), *later(15)]) == []


def test_a_release_that_loads_its_model_once_ends_growth_with_loads() -> None:
    """Its sessions have no vote on what grows with loads; that of predictions counts."""
    anew = [
        replace(page(f"s{n}", [3] * 40, kept_per_load=4), cohort=LEAKY, last_at=NOW - 2 * LATER)
        for n in range(6)
    ]
    opened = judge(anew)
    assert [finding.kind for finding in opened] == [FindingKind.LOAD_LEAK]
    assert state(judge([*anew, *later(12)], opened, after=LATER)) == [("1.3.0", "resolved")]


def test_an_earlier_release_that_was_clean_excuses_nothing() -> None:
    before = sessions(30, flat, cohort=LEAKY)
    assert state(judge([*before, *sessions(10, leak(2), cohort=FIXED)])) == [("1.4.0", "open")]
