"""Growth that ends: caches and long saws are no leaks, whatever the release before did."""

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.leaks.pages import (
    Level,
    Shape,
    cache,
    few_keys,
    flat,
    leak,
    long_saw,
    longer_saw,
    picture_sizes,
    second_model,
    steps,
)
from collector.contract.finding import Cohort, FindingState
from collector.jobs.leaks.course import read_course
from collector.jobs.leaks.growth import Growth, measure_growth
from collector.jobs.leaks.series import SessionSeries
from tests.unit.leaks.sessions import COHORT, session
from tests.unit.leaks.test_decide import BEFORE, judge

COHORTS = 40
MOST_FALSE = 1
"""Of 40; ``make bench-leaks`` tells how many of thousands."""
SESSIONS = 30


HONEST: dict[str, Shape] = {
    "cache": cache,
    "few keys": few_keys,
    "long saw": long_saw,
    "longer saw": longer_saw,
    "second model": second_model,
    "models later": steps,
    "picture sizes": picture_sizes,
}


def visits(random: Generator, shape: Shape, cohort: Cohort) -> list[SessionSeries]:
    """Sessions of 100 to 5,000 predictions, as many of 100 to 200 as of 2,500 to 5,000."""
    lengths = np.exp(random.uniform(np.log(100), np.log(5000), SESSIONS)).astype(int)
    return [
        session(random, shape, cohort=cohort, name=f"{cohort.release}-{at}", predictions=int(length))
        for at, length in enumerate(lengths)
    ]


def found(shape: Shape, seed: int) -> int:
    """Cohorts with a finding, of 40 whose release before held its memory."""
    total = 0
    for at in range(COHORTS):
        random = np.random.default_rng([seed, at])
        total += bool(judge([*visits(random, shape, COHORT), *visits(random, flat, BEFORE)]))
    return total


@pytest.mark.parametrize("kind", HONEST)
def test_growth_that_ends_is_no_leak(kind: str) -> None:
    false = found(HONEST[kind], seed=1)
    print(f"{kind}: {false} of {COHORTS} cohorts")
    assert false <= MOST_FALSE


@pytest.mark.parametrize("per_prediction", [1, 0.1])
def test_leaks_are_found_as_before(per_prediction: float) -> None:
    assert found(leak(per_prediction), seed=2) == COHORTS


def test_a_leak_beside_a_cache_goes_on() -> None:
    def both(random: Generator, at: NDArray[np.int64]) -> Level:
        return np.asarray(cache(random, at) + at)

    assert found(both, seed=3) == COHORTS


def test_a_finding_of_what_ends_is_resolved_with_the_reason() -> None:
    random = np.random.default_rng(4)
    opened = judge([session(random, leak(1), name=f"s{at}") for at in range(20)])
    (resolved,) = judge(visits(random, cache, COHORT), opened)
    assert resolved.state is FindingState.RESOLVED
    assert resolved.evidence["recovery"]["ends"] is True
    assert resolved.evidence["recovery"]["leaking"] > 5
    assert "no more in its longest sessions: a cache, or a page that disposes late" in resolved.summary


@pytest.mark.parametrize("shape", [flat, cache])
def test_a_tenth_of_hostile_sessions_hides_no_leak_however_long_they_say_they_were(shape: Shape) -> None:
    random = np.random.default_rng(5)
    honest = [session(random, leak(1), name=f"s{at}") for at in range(90)]
    hostile = [session(random, shape, name=f"h{at}", predictions=1_000_000) for at in range(10)]
    (finding,) = judge([*honest, *hostile])
    assert finding.evidence["course"]["sessions"] == 25
    assert finding.evidence["ends"] is False


def growth(values: Level, span: int = 1200) -> Growth:
    at = np.linspace(0, span, len(values)).astype(np.int64)
    measured = measure_growth(at, values.astype(np.int64), warmup=0, min_span=20)
    assert measured is not None
    return measured


def test_the_course_is_of_the_longer_sessions() -> None:
    rising, filled = np.arange(48.0), np.minimum(np.arange(48.0), 20)
    short = [growth(rising, 100) for _ in range(6)]
    course = read_course([*short, *(growth(filled) for _ in range(6))], short)
    assert course is not None
    assert (course.sessions, course.long_sessions, course.later) == (6, 6, 0)
    assert course.earlier > 10
    assert course.stops(slope=0.4)
    assert course.ended == 1
    assert course.slows
    assert not course.steady
    assert not course.goes_on
    assert read_course([growth(rising)] * 4, short) is None


def test_a_line_grows_alike_in_both_halves_wherever_points_were_taken() -> None:
    for points in (5, 7, 16, 48):
        line = growth(np.arange(float(points)) * 90)
        assert line.later == pytest.approx(line.earlier, rel=0.02)


def test_one_session_of_another_kind_changes_no_course() -> None:
    rising, flood = np.arange(48.0), 1e6 * np.arange(48.0)
    plain = read_course([growth(rising)] * 6, [growth(rising)] * 6)
    assert read_course([*([growth(rising)] * 5), growth(flood)], [growth(rising)] * 6) == plain
    assert plain is not None
    assert plain.goes_on


def test_few_sessions_must_agree_more_than_many() -> None:
    """Growth that slows down is no finding with ten sessions; that it goes on takes more of them."""

    def slows(random: Generator, at: NDArray[np.int64]) -> Level:
        return np.asarray(at - at**2 / (4 * at[-1]))  # the later half grows by two thirds of the earlier

    def sessions(count: int) -> list[SessionSeries]:
        random = np.random.default_rng(6)
        return [session(random, slows, name=f"s{at}", predictions=2000 + at) for at in range(count)]

    assert judge(sessions(10)) == []
    assert len(judge(sessions(30))) == 1


def test_a_session_that_is_full_soon_ended_though_it_has_no_slope_over_all() -> None:
    rising, full = np.arange(48.0), np.minimum(8 * np.arange(48.0), 90)
    (soon,) = [growth(full, 5000)]
    assert soon.slope == 0
    course = read_course(
        [growth(rising), growth(rising), growth(rising), growth(rising), soon], [growth(rising)]
    )
    assert course is not None
    assert course.ended == pytest.approx(0.2)
    assert not course.goes_on


def test_one_session_that_ended_stops_a_few_and_not_many() -> None:
    rising, full = growth(np.arange(48.0)), growth(np.minimum(8 * np.arange(48.0), 90))
    short = growth(np.arange(48.0) / 4, 300)
    few = read_course([*([short] * 5), *([rising] * 4), full], [rising] * 4)
    many = read_course([*([short] * 20), *([rising] * 18), full, full], [rising] * 18)
    assert few is not None and many is not None
    assert (few.many, few.goes_on) == (False, False)
    assert (many.many, many.goes_on) == (True, True)


def test_a_cache_that_only_the_longest_sessions_fill_keeps_no_pace() -> None:
    """The longer half still grows; the longest quarter hardly does: no leak lies beneath."""
    at = np.arange(48.0)
    short, slower = growth(at, 400), growth(np.where(at < 24, at, 24 + 0.6 * (at - 24)), 800)
    longest = growth(np.where(at < 24, 2 * at, 48 + 0.5 * (at - 24)), 1600)
    course = read_course([*([short] * 12), *([slower] * 6), *([longest] * 6)], [short] * 12)
    assert course is not None
    assert not course.keeps_pace
    assert not course.goes_on
