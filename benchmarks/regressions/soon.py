"""A release that is four times as slow on one GPU family: after how many of its sessions it is told."""

from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any

import numpy as np

from benchmarks.regressions.fleet import draw, with_seed
from benchmarks.regressions.scenarios import FLEET, RELEASE, slow_release
from collector.jobs.regressions.decision import Observations, decide
from collector.jobs.regressions.settings import RegressionSettings

GPU = "adreno-6xx"
EVERY_MINUTES = 15
MOST_HOURS = 48


def _watch(seed: int) -> tuple[int, float, int, bool]:
    """(slow sessions until it was told, hours, findings at that look, whether the scope is that family)."""
    drawn = draw(with_seed(FLEET, 500 + seed), slow_release(4, gpu=GPU))
    slow = np.sort(drawn.at[drawn.where(gpu=GPU) & (drawn.facts["release"] == RELEASE)])
    for step in range(1, MOST_HOURS * 60 // EVERY_MINUTES):
        now = float(slow[0]) + step * EVERY_MINUTES * 60
        decision = decide(
            Observations(drawn.votes(now), {drawn.fleet.app: drawn.releases}, []),
            RegressionSettings(),
            now=datetime.fromtimestamp(now, UTC),
        )
        if decision.findings:
            (first, *_) = decision.findings
            right = first.evidence["scopes"] == [{"gpu": GPU}] and first.cohort.release == RELEASE
            sessions = int(np.count_nonzero(slow < now))
            return sessions, step * EVERY_MINUTES / 60, len(decision.findings), right
    return len(slow), float("inf"), 0, False


def measure(seeds: int) -> dict[str, Any]:
    """Looks every quarter of an hour, from the first slow session on, until there is a finding."""
    with ProcessPoolExecutor(max_workers=2) as pool:
        seen = list(pool.map(_watch, range(seeds)))
    return {
        "series": seeds,
        "sessions_most": max(each[0] for each in seen),
        "sessions_median": float(np.median([each[0] for each in seen])),
        "hours_median": float(np.median([each[1] for each in seen])),
        "one_finding": sum(each[2] == 1 for each in seen),
        "exact": sum(each[3] for each in seen),
    }
