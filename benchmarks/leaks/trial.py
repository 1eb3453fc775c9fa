"""Cohorts of simulated pages, judged as the job judges them.

``python -m benchmarks.leaks.trial COHORTS HONEST``: of each kind of page, of leaking and of honest ones.

Prints one JSON line. A process of its own, so that the build before can be asked the same.
"""

import json
import sys
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
from numpy.random import Generator

from benchmarks.leaks.in_company import COMPANY, company
from benchmarks.leaks.pages import HONEST, LEAKING, UNKNOWABLE, Page
from benchmarks.leaks.sessions import BEFORE, COHORT, NOW, visit
from collector.contract.finding import Finding, FindingState
from collector.jobs.leaks.decision import Observations, decide
from collector.jobs.leaks.series import SessionSeries
from collector.jobs.leaks.settings import LeakSettings

LOOKS = (10, 20, 30)
"""Sessions that a new release has when the job looks during an honest cohort's day."""
SOONEST = (5, 7, 10, 14, 20, 28, 40)
"""The same for a leaking one."""
RECALL_AT = 20
BEFORE_SESSIONS = 30
FIRST_HONEST = 10_000
"""Honest cohorts have numbers from here on: nothing was developed on them."""
SETTINGS = LeakSettings()


def judge(sessions: Sequence[SessionSeries]) -> list[Finding]:
    """The findings that are open after one run of the job over these sessions."""
    observations = Observations(batches=[sessions], release_order={COHORT.app: ["1", "2"]}, findings=[])
    found = decide(observations, SETTINGS, now=NOW).findings
    return [finding for finding in found if finding.state is FindingState.OPEN]


def before(random: Generator, page: Page, at: int) -> list[SessionSeries]:
    """What there is of the release before: nothing, the same page, or one that held its memory."""
    pages = (None, page, HONEST["flat"])
    earlier = pages[at % len(pages)]
    if earlier is None:
        return []
    return [visit(random, earlier, f"b{n}", BEFORE) for n in range(BEFORE_SESSIONS)]


def honest(name: str, at: int) -> bool:
    """Whether a cohort's day brings a finding on its release."""
    random = np.random.default_rng([zlib.crc32(name.encode()), at])
    page = {**HONEST, **UNKNOWABLE}[name]
    earlier = before(random, page, at)
    sessions = [visit(random, page, f"s{n}") for n in range(LOOKS[-1])]
    return any(
        finding.cohort.release == COHORT.release
        for look in LOOKS
        for finding in judge([*earlier, *sessions[:look]])
    )


def leaking(name: str, at: int) -> tuple[bool, int | None]:
    """Whether a cohort's leak is found at 20 sessions, and with how many first; None: not with 40."""
    random = np.random.default_rng([zlib.crc32(name.encode()), at])
    page = LEAKING[name]
    earlier = before(random, page if at % 3 == 1 else HONEST["flat"], at)
    sessions = [visit(random, page, f"s{n}") for n in range(SOONEST[-1])]
    found = {
        look: any(finding.cohort.release == COHORT.release for finding in judge([*earlier, *sessions[:look]]))
        for look in SOONEST
    }
    return found[RECALL_AT], next((look for look in SOONEST if found[look]), None)


def attributed(name: str, at: int) -> bool:
    """Whether a leak of one of two models on a page is put down to it, or said to be of either."""
    random = np.random.default_rng([zlib.crc32(name.encode()), at])
    case = COMPANY[name]
    found = judge([series for n in range(RECALL_AT) for series in company(random, case, f"s{n}")])
    return bool(found) and all(case.is_right(finding) for finding in found)


def main() -> int:
    """Goes through all of them on two cores."""
    cohorts, honest_ones = int(sys.argv[1]), int(sys.argv[2])
    fresh = range(FIRST_HONEST, FIRST_HONEST + honest_ones)
    with ProcessPoolExecutor(2) as pool:
        false = {name: sum(pool.map(honest, [name] * honest_ones, fresh, chunksize=5)) for name in HONEST}
        fewer = max(1, cohorts // 2)
        unknowable = {
            name: sum(pool.map(honest, [name] * fewer, range(fewer), chunksize=5)) / fewer
            for name in UNKNOWABLE
        }
        found: dict[str, Any] = {}
        for name in LEAKING:
            outcomes = list(pool.map(leaking, [name] * fewer, range(fewer), chunksize=5))
            sessions = sorted(first or 2 * SOONEST[-1] for _, first in outcomes)
            found[name] = {
                "recall": sum(at_20 for at_20, _ in outcomes) / fewer,
                "sessions_median": sessions[len(sessions) // 2],
            }
        right = {
            name: sum(pool.map(attributed, [name] * fewer, range(fewer), chunksize=5)) / fewer
            for name in COMPANY
        }
    told = {"false": false, "unknowable": unknowable, "found": found, "right": right}
    print(json.dumps({"cohort_days": honest_ones * len(HONEST), **told}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
