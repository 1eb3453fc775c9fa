"""A leak that one kind of device has, and few sessions run on."""

from dataclasses import replace

import numpy as np

from benchmarks.leaks.pages import Shape, flat, leak
from collector.contract.finding import FindingState, Severity
from collector.jobs.leaks.series import SessionSeries
from tests.unit.leaks.sessions import plateau, session
from tests.unit.leaks.test_decide import judge

TABLET = "tablet, ios, safari"


def on(device: str, shape: Shape, count: int, seed: int) -> list[SessionSeries]:
    random = np.random.default_rng(seed)
    return [replace(session(random, shape, name=f"{device}-{seed}-{n}"), device=device) for n in range(count)]


def test_a_leak_on_one_kind_of_device_is_found_among_many_sessions_of_others() -> None:
    (finding,) = judge([*on(TABLET, leak(1), 6, 1), *on("desktop, macos, safari", flat, 94, 2)])
    assert finding.evidence["where"] == TABLET
    assert finding.severity is Severity.WARNING
    assert (finding.evidence["leaking"], finding.evidence["sessions"]) == (6, 6)
    assert (
        f"in release 1.4.0 on {TABLET} keeps 1 tensor per prediction (6 of 6 sessions leak)"
        in finding.summary
    )


def test_fewer_sessions_or_leaks_that_end_say_nothing_of_it() -> None:
    rest = on("desktop, macos, safari", flat, 94, 3)
    assert judge([*on(TABLET, leak(1), 4, 4), *rest]) == []
    assert judge([*on(TABLET, plateau, 6, 5), *rest]) == []
    half = [*on(TABLET, leak(1), 3, 6), *on(TABLET, flat, 3, 7)]
    assert judge([*half, *rest]) == []


def test_it_is_resolved_when_that_kind_of_device_is_clean() -> None:
    rest = on("desktop, macos, safari", flat, 94, 8)
    opened = judge([*on(TABLET, leak(1), 6, 9), *rest])
    (resolved,) = judge([*on(TABLET, flat, 40, 10), *rest], opened)
    assert resolved.state is FindingState.RESOLVED


def test_a_cohort_that_leaks_everywhere_names_no_device() -> None:
    (finding,) = judge([*on(TABLET, leak(1), 10, 11), *on("desktop, macos, safari", leak(1), 10, 12)])
    assert finding.evidence["where"] == ""
