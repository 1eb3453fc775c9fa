"""Leaks that no single session shows: many sessions together do."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.leaks.pages import Level, Shape, flat, leak
from collector.contract.finding import FindingKind, Severity
from collector.jobs.leaks.series import SessionSeries
from collector.jobs.leaks.settings import LeakSettings
from tests.unit.leaks.sessions import COHORT, session
from tests.unit.leaks.test_course import HONEST, visits
from tests.unit.leaks.test_decide import judge

COHORTS = 40


def errors(random: Generator, at: NDArray[np.int64]) -> Level:
    """Five tensors stay at each error, which one of 200 predictions is."""
    every = np.cumsum(random.random(int(at[-1]) + 1) < 1 / 200) * 5.0
    return np.asarray(every[at])


def found(shape: Shape, seed: int) -> int:
    """Cohorts of 30 sessions with a finding of their own, of 40."""
    return sum(bool(judge(visits(np.random.default_rng([seed, at]), shape, COHORT))) for at in range(COHORTS))


@pytest.mark.parametrize(("shape", "least"), [(leak(0.01), 38), (errors, 24)])
def test_leaks_beneath_what_one_session_shows_are_found(shape: Shape, least: int) -> None:
    total = found(shape, seed=11)
    print(f"found {total} of {COHORTS}")
    assert total >= least


@pytest.mark.parametrize("kind", HONEST)
def test_honest_pages_are_not_accused_by_many_sessions(kind: str) -> None:
    assert found(HONEST[kind], seed=12) <= 2


def test_what_sessions_show_together_is_said_so() -> None:
    random = np.random.default_rng(13)
    (finding,) = judge(visits(random, leak(0.01), COHORT))
    assert finding.kind is FindingKind.TENSOR_LEAK
    assert finding.severity is Severity.WARNING
    assert finding.evidence["pool"]["slope"] == pytest.approx(0.01, rel=0.2)
    assert "keeps 0.01 tensors per prediction" in finding.summary
    assert "of the 15 longer sessions grow in both halves, each too little to be told" in finding.summary


def test_a_tenth_of_hostile_sessions_accuses_no_page() -> None:
    random = np.random.default_rng(14)
    honest = [session(random, flat, name=f"s{at}") for at in range(90)]
    hostile = [session(random, leak(0.02), name=f"h{at}", predictions=100_000) for at in range(10)]
    assert judge([*honest, *hostile]) == []


def at_60_a_second(mebibytes_a_minute: float, minutes: float, name: str) -> SessionSeries:
    """Five minutes of video; nothing but bytes grow."""
    at = np.linspace(0, minutes * 3600, 80).astype(np.int64)
    held = (at * mebibytes_a_minute * 2**20 / 3600).astype(np.int64)
    still = np.full(len(at), 180, dtype=np.int64)
    return SessionSeries(
        COHORT,
        name,
        session(np.random.default_rng(1), flat).last_at,
        at,
        {FindingKind.TENSOR_LEAK: still, FindingKind.BYTES_LEAK: held + 10**6},
        pace=3600,
    )


def test_what_is_little_each_time_may_be_much_in_a_minute() -> None:
    """Half a megabyte a minute is 146 bytes for each of 60 predictions a second."""
    (finding,) = judge([at_60_a_second(0.5, 5, f"s{n}") for n in range(6)])
    assert finding.kind is FindingKind.BYTES_LEAK
    assert finding.evidence["leaking"] == 6
    unknown = [replace(at_60_a_second(0.5, 5, f"s{n}"), pace=0.0) for n in range(6)]
    assert judge(unknown, settings=LeakSettings(pool_p=1e-100)) == []
    assert judge([at_60_a_second(0.05, 5, f"s{n}") for n in range(6)]) == []


def test_a_finding_says_when_a_phones_tab_is_full() -> None:
    (finding,) = judge([at_60_a_second(16, 5, f"s{n}") for n in range(6)])
    assert finding.evidence["minutes_to_limit"] == pytest.approx(64, rel=0.02)
    assert finding.summary.endswith("; a phone's tab is full after 1 hour.")
    (slow,) = judge([at_60_a_second(0.5, 5, f"s{n}") for n in range(6)])
    assert slow.evidence["minutes_to_limit"] == pytest.approx(2048, rel=0.02)
    assert "tab" not in slow.summary
