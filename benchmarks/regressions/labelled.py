"""Plays labelled series through the job's decision, look after look, and counts what it got right."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from benchmarks.regressions.fleet import DAY_S, Drawn, draw, with_seed
from benchmarks.regressions.scenarios import AT, SCENARIOS, Scenario, Truth
from collector.contract.finding import Finding, FindingState
from collector.jobs.regressions.axes import BY_DAY
from collector.jobs.regressions.decision import Observations, decide
from collector.jobs.regressions.settings import RegressionSettings

EVERY_HOURS = 8
FROM_DAY, TO_DAY = AT - 1, AT + 6
SETTINGS = RegressionSettings()


@dataclass
class Outcome:
    """What became of one series."""

    scenario: str
    seed: int
    right: int = 0
    """Findings that say what was done."""
    wrong: int = 0
    missed: bool = False
    hours: float | None = None
    """Until the first right one, from the first affected session on."""
    sessions: int | None = None
    """Affected sessions until then."""
    exact: bool = False
    """Whether its scope is just what was done."""
    resolved: int = 0
    told: list[str] = field(default_factory=list)


def play(scenario: Scenario, seed: int) -> Outcome:
    """One series, looked at every few hours."""
    drawn = draw(with_seed(scenario.fleet, seed), scenario.change)
    findings: dict[str, Finding] = {}
    outcome = Outcome(scenario.name, seed)
    affected = _affected(drawn, scenario.truth)
    seen: set[str] = set()
    for hour in np.arange(FROM_DAY * 24, TO_DAY * 24 + 0.1, EVERY_HOURS):
        now = drawn.fleet.start.timestamp() + float(hour) * 3600
        decision = decide(
            Observations(drawn.votes(now), {drawn.fleet.app: drawn.releases}, list(findings.values())),
            SETTINGS,
            now=datetime.fromtimestamp(now, UTC),
        )
        for finding in decision.findings:
            findings[finding.finding_id] = finding
            if finding.finding_id in seen:
                continue
            seen.add(finding.finding_id)
            right = scenario.truth is not None and fits(finding, scenario.truth)
            label = "right" if right else "WRONG"
            outcome.told.append(f"{label} at {hour / 24 - AT:+.2f} d: {finding.summary}")
            if not right:
                outcome.wrong += 1
                continue
            outcome.right += 1
            if outcome.hours is None and scenario.truth is not None:
                begun = drawn.at[affected]
                first = drawn.fleet.start.timestamp() + FROM_DAY * DAY_S
                outcome.hours = round((now - max(first, float(begun.min()))) / 3600, 1)
                outcome.sessions = int(np.count_nonzero(begun < now))
                outcome.exact = finding.evidence["scopes"] == [scenario.truth.facts] or _same(
                    drawn, finding, scenario.truth
                )
    outcome.missed = scenario.truth is not None and outcome.right == 0
    outcome.resolved = sum(finding.state is FindingState.RESOLVED for finding in findings.values())
    return outcome


def fits(finding: Finding, truth: Truth) -> bool:
    """Whether a finding is about what was done: what got worse, since which version, and among them."""
    told = finding.evidence
    axis = "day" if told["axis"] in BY_DAY else told["axis"]
    if finding.kind is not truth.kind or axis != truth.axis:
        return False
    if truth.version and told["version"] != truth.version:
        return False
    return any(
        all(scope.get(name, value) == value or name == "gpu" for name, value in truth.facts.items())
        for scope in told["scopes"]
    )


def _affected(drawn: Drawn, truth: Truth | None) -> Any:
    if truth is None:
        return np.zeros(len(drawn.at), dtype=bool)
    rows = drawn.where(**truth.facts)
    if truth.axis == "release":
        rows &= np.isin(drawn.facts["release"], drawn.releases[drawn.releases.index(truth.version) :])
    elif truth.axis == "browser_major":
        rows &= drawn.facts["browser_major"] >= int(truth.version)
    elif truth.axis in ("engine_version", "model_release"):
        rows &= drawn.facts[truth.axis] == truth.version
    else:
        rows &= drawn.day >= AT
    return rows


def _same(drawn: Drawn, finding: Finding, truth: Truth) -> bool:
    """Whether a finding's scopes hold just the affected kinds of device, under whatever names."""
    told = np.zeros(len(drawn.at), dtype=bool)
    for scope in finding.evidence["scopes"]:
        rows = np.ones(len(drawn.at), dtype=bool)
        for name, value in scope.items():
            if name == "gpu_vendor":
                rows &= np.array([gpu.partition("-")[0] == value for gpu in drawn.facts["gpu"]])
            else:
                rows &= drawn.facts[name].astype(str) == value
        told |= rows
    return bool((told == drawn.where(**truth.facts)).all())


def run(seeds: Sequence[int], names: Sequence[str] | None = None) -> list[Outcome]:
    """All scenarios with all seeds, on two processes."""
    work = [(each.name, seed) for each in SCENARIOS for seed in seeds if not names or each.name in names]
    with ProcessPoolExecutor(max_workers=2) as pool:
        return list(pool.map(_play_named, work, chunksize=2))


def _play_named(work: tuple[str, int]) -> Outcome:
    (scenario,) = (each for each in SCENARIOS if each.name == work[0])
    return play(scenario, work[1])


def summarise(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Shares and medians, in all and by scenario."""
    right, wrong = sum(each.right for each in outcomes), sum(each.wrong for each in outcomes)
    labelled = {each.name for each in SCENARIOS if each.truth is not None}
    true = [each for each in outcomes if each.scenario in labelled]
    by_name: dict[str, Counter[str]] = {}
    for each in outcomes:
        count = by_name.setdefault(each.scenario, Counter())
        count.update(series=1, right=each.right, wrong=each.wrong, missed=each.missed, exact=each.exact)
    return {
        "series": len(outcomes),
        "with_a_regression": len(true),
        "findings": right + wrong,
        "false_share": round(wrong / max(1, right + wrong), 4),
        "missed_share": round(sum(each.missed for each in true) / max(1, len(true)), 4),
        "findings_a_regression": round(sum(each.right for each in true) / max(1, len(true)), 3),
        "exact_scope_share": round(sum(each.exact for each in true) / max(1, len(true)), 3),
        "hours_median": _median([each.hours for each in true]),
        "sessions_median": _median([each.sessions for each in true]),
        "by_scenario": {name: dict(count) for name, count in by_name.items()},
    }


def _median(values: Sequence[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return float(np.median(told)) if told else None
