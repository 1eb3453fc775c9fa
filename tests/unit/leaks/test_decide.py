from datetime import timedelta

import numpy as np
import pytest

from benchmarks.leaks.pages import Shape, flat, leak, sawtooth, steps
from collector.contract.finding import Cohort, Finding, FindingKind, FindingState, Severity
from collector.jobs.leaks.comparison import rank_p_value
from collector.jobs.leaks.decision import Observations, decide
from collector.jobs.leaks.series import SessionSeries
from collector.jobs.leaks.settings import LeakSettings
from tests.unit.leaks.sessions import COHORT, NOW, plateau, session, warm_up

SETTINGS = LeakSettings()
BEFORE = COHORT.model_copy(update={"release": "1.3.0"})


def sessions(
    count: int, *shapes: Shape, cohort: Cohort = COHORT, seed: int = 1, age: timedelta = timedelta(hours=1)
) -> list[SessionSeries]:
    random = np.random.default_rng(seed)
    return [
        session(random, *shapes, cohort=cohort, name=f"{cohort.release}-{seed}-{n}", age=age)
        for n in range(count)
    ]


def judge(
    series: list[SessionSeries],
    findings: list[Finding] | None = None,
    settings: LeakSettings = SETTINGS,
    *,
    after: timedelta = timedelta(),
) -> list[Finding]:
    observations = Observations(
        batches=[series], release_order={"demo": ["1.3.0", "1.4.0"]}, findings=findings or []
    )
    return list(decide(observations, settings, now=NOW + after).findings)


def test_a_leaking_cohort_opens_one_finding_with_its_evidence() -> None:
    (finding,) = judge(
        [*sessions(8, leak(2)), *sessions(2, flat, seed=2), *sessions(6, flat, cohort=BEFORE, seed=3)]
    )
    assert finding.kind is FindingKind.TENSOR_LEAK
    assert finding.state is FindingState.OPEN
    assert finding.opened_at == NOW
    assert finding.evidence["sessions"] == 10
    assert finding.evidence["leaking"] == 8
    assert finding.evidence["slope"] == {"p25": 2.0, "median": 2.0, "p75": 2.0}
    assert finding.evidence["before"]["release"] == "1.3.0"
    assert finding.evidence["before"]["leaking"] == 0
    assert finding.evidence["before"]["p_value"] < 0.01
    assert finding.evidence["also"]["bytes_leak"]["median"] == 2 * 4096
    assert finding.summary == (
        "blazeface on webgl in release 1.4.0 keeps 2 tensors per prediction (8 of 10 sessions leak); "
        "release 1.3.0: 0 of 6."
    )


def test_the_same_observations_give_the_same_findings_in_any_order() -> None:
    series = [*sessions(9, leak(1)), *sessions(9, flat, cohort=BEFORE, seed=5)]
    assert judge(series) == judge(series[::-1])


def test_one_leaking_session_is_not_a_finding() -> None:
    assert judge([*sessions(1, leak(4)), *sessions(19, flat, seed=2)]) == []


def test_hostile_sessions_up_to_a_tenth_open_no_finding() -> None:
    assert judge([*sessions(10, leak(50)), *sessions(90, flat, seed=2)]) == []


def test_fewer_sessions_than_the_minimum_open_no_finding() -> None:
    assert judge(sessions(4, leak(4))) == []
    assert len(judge(sessions(2, leak(4)), settings=LeakSettings(min_sessions=2))) == 1


def test_severity_follows_how_many_sessions_leak_and_only_rises() -> None:
    few = [*sessions(6, leak(1)), *sessions(12, flat, seed=2)]
    (warning,) = judge(few)
    assert warning.severity is Severity.WARNING
    (critical,) = judge(sessions(12, leak(1)), [warning])
    assert critical.severity is Severity.CRITICAL
    assert critical.opened_at == warning.opened_at
    assert critical.evidence["escalated_at"] == NOW.isoformat()
    (still,) = judge(few, [critical], after=timedelta(hours=1))
    assert still.severity is Severity.CRITICAL
    assert still.evidence["escalated_at"] == NOW.isoformat()


def test_a_finding_resolves_when_its_cohort_is_clean_again() -> None:
    opened = judge(sessions(8, leak(1)))
    (resolved,) = judge(sessions(20, flat, seed=2), opened)
    assert resolved.state is FindingState.RESOLVED
    assert resolved.resolved_at == NOW
    assert resolved.finding_id == opened[0].finding_id
    assert resolved.evidence["recovery"]["leaking"] == 0
    assert "clean again" in resolved.summary


def test_a_finding_resolves_when_its_cohort_falls_silent_and_not_before() -> None:
    series = sessions(8, leak(1))
    opened = judge(series)
    (still,) = judge(series, opened, after=timedelta(hours=22))
    assert still.state is FindingState.OPEN
    (resolved,) = judge(series, opened, after=timedelta(hours=24))
    assert resolved.state is FindingState.RESOLVED
    assert "no session" in resolved.summary
    assert judge([], [resolved]) == []
    (resolved,) = judge([], opened)
    assert resolved.state is FindingState.RESOLVED


def test_too_few_new_sessions_keep_a_finding_open() -> None:
    opened = judge(sessions(8, leak(1)))
    (still,) = judge(sessions(3, flat, seed=2), opened)
    assert still.state is FindingState.OPEN


def test_a_leak_that_comes_back_is_opened_anew() -> None:
    resolved = judge(sessions(20, flat), judge(sessions(8, leak(1))))
    (again,) = judge(sessions(8, leak(1)), resolved, after=timedelta(hours=3))
    assert again.state is FindingState.OPEN
    assert again.opened_at == NOW + timedelta(hours=3)
    assert again.resolved_at is None


def test_the_newest_sessions_judge_a_cohort() -> None:
    old = sessions(30, leak(1), age=timedelta(days=2))
    new = sessions(30, flat, seed=2)
    assert judge([*old, *new], settings=LeakSettings(judged_sessions=30)) == []
    assert len(judge([*old, *new], settings=LeakSettings(judged_sessions=60))) == 1


def test_growth_of_bytes_without_tensors_is_a_bytes_leak() -> None:
    series = [
        SessionSeries(
            COHORT,
            f"s{n}",
            NOW,
            at := np.arange(0, 400, 10, dtype=np.int64),
            {
                FindingKind.TENSOR_LEAK: np.full(40, 180, dtype=np.int64),
                FindingKind.BYTES_LEAK: 10_000_000 + at * 50_000,
                FindingKind.GPU_BYTES_LEAK: 10_000_000 + at * 50_000,
            },
        )
        for n in range(6)
    ]
    (finding,) = judge(series)
    assert finding.kind is FindingKind.BYTES_LEAK
    assert "48.8 Ki bytes per prediction" in finding.summary
    for one in series:
        del one.signals[FindingKind.BYTES_LEAK]
    (finding, resolved) = sorted(judge(series, [finding]), key=lambda found: found.state)
    assert finding.kind is FindingKind.GPU_BYTES_LEAK
    assert resolved.state is FindingState.RESOLVED


def noisy(
    slope: float, cohort: Cohort, seed: int, *, count: int = 25, device: str = "desktop, linux, chromium"
) -> list[SessionSeries]:
    """Sessions with a slope in bytes that is hidden in a saw, so that no single session shows it."""
    random = np.random.default_rng(seed)
    at = np.arange(0, 600, 5, dtype=np.int64)
    return [
        SessionSeries(
            cohort,
            f"{cohort.release}-{seed}-{n}",
            NOW,
            at,
            {
                FindingKind.BYTES_LEAK: (
                    50_000_000 + slope * at + random.normal(0, 1_000_000, len(at)).cumsum().clip(0)
                ).astype(np.int64)
            },
            device,
        )
        for n in range(count)
    ]


ONLY_REGRESSIONS = LeakSettings(min_share=0.9, pool_p=1e-100)
"""Neither the share of leaking sessions alone nor what sessions show together shall decide."""
PHONE = "mobile, android, chromium"


def test_a_release_that_grows_more_than_the_one_before_is_found_beneath_the_noise() -> None:
    """Against a release with the saw alone."""
    quiet = [*noisy(0, COHORT, 1), *noisy(0, BEFORE, 2)]
    assert judge(quiet, settings=ONLY_REGRESSIONS) == []
    (finding,) = judge([*noisy(40_000, COHORT, 1), *noisy(0, BEFORE, 2)], settings=ONLY_REGRESSIONS)
    assert finding.evidence["regressed"] is True


def test_a_release_that_first_reaches_phones_is_not_blamed_for_what_phones_do() -> None:
    """Memory on phones grows by 40 kB a prediction in both releases; the new one runs mostly there."""
    mixed = [
        *noisy(40_000, COHORT, 1, count=40, device=PHONE),
        *noisy(0, COHORT, 2, count=10),
        *noisy(40_000, BEFORE, 3, count=10, device=PHONE),
        *noisy(0, BEFORE, 4, count=40),
    ]
    assert judge(mixed, settings=ONLY_REGRESSIONS) == []


def test_a_regression_is_found_within_kinds_of_device_whatever_the_mix() -> None:
    """The release before has the higher mean over all devices, since it ran mostly on phones."""
    mixed = [
        *noisy(100_000, COHORT, 1, count=10, device=PHONE),
        *noisy(40_000, COHORT, 2, count=40),
        *noisy(60_000, BEFORE, 3, count=40, device=PHONE),
        *noisy(0, BEFORE, 4, count=10),
    ]
    (finding,) = judge(mixed, settings=ONLY_REGRESSIONS)
    assert finding.cohort == COHORT
    before = finding.evidence["before"]
    assert (before["compared"], before["sessions"]) == (50, 50)
    assert before["slope_shift"] == pytest.approx(40_000, rel=0.3)


def test_releases_that_ran_on_other_kinds_of_device_are_not_compared() -> None:
    apart = [*noisy(40_000, COHORT, 1, device=PHONE), *noisy(0, BEFORE, 2)]
    assert judge(apart, settings=ONLY_REGRESSIONS) == []


def test_ranks_within_kinds_of_device_are_wrong_in_as_many_runs_as_they_say() -> None:
    """2,000 pairs of equal releases on three kinds of device that are unlike in growth and in numbers."""
    random = np.random.default_rng(5)
    answers = []
    for _ in range(2000):
        sizes = random.integers(2, 12, (3, 2))
        answers.append(
            rank_p_value(
                [
                    (random.normal(10 * kind, 1, now), random.normal(10 * kind, 1, then))
                    for kind, (now, then) in enumerate(sizes)
                ]
            )
        )
    assert np.mean(np.array(answers) < 0.05) == pytest.approx(0.05, abs=0.015)
    assert np.mean(np.array(answers) < 0.5) == pytest.approx(0.5, abs=0.04)


def test_false_and_true_alarms_of_cohorts() -> None:
    """150 healthy cohorts of 20 sessions raise nothing; 150 leaking ones are all found."""
    healthy: list[tuple[Shape, ...]] = [
        (flat,),
        (sawtooth,),
        (plateau,),
        (steps,),
        (warm_up, sawtooth, steps),
    ]
    false = sum(bool(judge(sessions(20, *healthy[n % 5], seed=n))) for n in range(150))
    found = sum(bool(judge(sessions(20, leak(1), warm_up, seed=1000 + n))) for n in range(150))
    beneath = sum(bool(judge(sessions(20, leak(1), *healthy[n % 5], seed=2000 + n))) for n in range(150))
    print(f"cohorts of 20 sessions: false {false}/150, found {found}/150, found beneath noise {beneath}/150")
    assert false == 0
    assert found == 150
    assert beneath >= 149


def test_a_silence_longer_than_what_is_loaded_is_refused() -> None:
    with pytest.raises(ValueError, match="lookback_days"):
        LeakSettings(lookback_days=1, resolve_after_hours=48)
