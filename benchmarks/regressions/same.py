"""Fleets in which nothing happens, looked at day after day: how many findings there are by chance."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from benchmarks.regressions.fleet import DAY_S, Fleet, draw
from collector.contract.finding import Finding
from collector.jobs.regressions.decision import Observations, decide
from collector.jobs.regressions.look import Look
from collector.jobs.regressions.settings import RegressionSettings

FLEET = Fleet(days=35, sessions_a_day=1200)
FROM_DAY = 8
LOOKS_A_DAY = 4


def _watch(seed: int) -> tuple[int, int, list[str]]:
    """(cohort-days with votes that were watched, looks, findings) of one app over four weeks."""
    drawn = draw(replace(FLEET, seed=10_000 + seed))
    findings: dict[str, Finding] = {}
    told: dict[str, str] = {}
    cohort_days = looks = 0
    for step in range(FROM_DAY * LOOKS_A_DAY, FLEET.days * LOOKS_A_DAY + 1):
        now = FLEET.start.timestamp() + step / LOOKS_A_DAY * DAY_S
        votes = drawn.votes(now)
        decision = decide(
            Observations(votes, {FLEET.app: drawn.releases}, list(findings.values())),
            RegressionSettings(),
            now=datetime.fromtimestamp(now, UTC),
        )
        looks += 1
        for finding in decision.findings:
            findings[finding.finding_id] = finding
            told.setdefault(finding.finding_id, f"{step / LOOKS_A_DAY:.2f} d: {finding.summary}")
        if step % LOOKS_A_DAY == 0:
            look = Look.at(votes.take(votes.at >= now - DAY_S), {FLEET.app: drawn.releases}, ())
            cohort_days += len(np.unique(look.kinds.leaf[look.votes.cell]))
    return cohort_days, looks, list(told.values())


def watch(apps: int) -> dict[str, Any]:
    """Apps in which nothing happens but releases, browser versions, weekends and days that differ."""
    with ProcessPoolExecutor(max_workers=2) as pool:
        seen = list(pool.map(_watch, range(apps)))
    cohort_days = sum(days for days, _, _ in seen)
    findings = [each for _, _, told in seen for each in told]
    return {
        "apps": apps,
        "cohort_days": cohort_days,
        "looks": sum(looks for _, looks, _ in seen),
        "findings": len(findings),
        "findings_in_1000_cohort_days": round(1000 * len(findings) / max(1, cohort_days), 3),
        "told": findings,
    }
