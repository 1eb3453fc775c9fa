"""How long a run takes over a hundred thousand cohorts, beside a loop that calls scipy for each."""

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.stats import mannwhitneyu

from benchmarks.regressions.fleet import DAY_S, START
from collector.jobs.regressions.decision import Observations, decide
from collector.jobs.regressions.look import Look
from collector.jobs.regressions.search import compare_all, find_splits
from collector.jobs.regressions.settings import RegressionSettings
from collector.jobs.regressions.signals import SIGNALS
from collector.jobs.regressions.splits import Split
from collector.jobs.regressions.votes import Votes

APPS = 50
DAYS = 14
LOOPED = 400
"""Cohorts of the loop that are really done; it is said how long all of them would take."""
BACKENDS = ("webgl", "webgpu", "wasm-simd", "cpu")
SYSTEMS = ("windows", "macos", "linux", "android", "ios")
BROWSERS = ("chromium", "edge", "firefox", "safari", "samsung")


def make(cohorts: int, votes_each: int, seed: int = 1) -> tuple[Observations, datetime]:
    """A large fleet without a fault but one: a release of the first app is slow on one GPU family."""
    rng = np.random.default_rng(seed)
    end = START.timestamp() + DAYS * DAY_S
    n = cohorts * votes_each
    cohort = np.repeat(np.arange(cohorts), votes_each)
    app = cohort % APPS
    inner = cohort // APPS
    at = end - rng.random(n) * DAYS * DAY_S
    released = end - (2 + app % 5) * DAY_S
    release = (at > released).astype(np.int64)
    major = (rng.random(n) < (at - (end - DAYS * DAY_S)) / (DAYS * DAY_S)).astype(np.int64)
    machine = rng.integers(0, 2, n)
    key = ((cohort * 2 + release) * 2 + major) * 2 + machine
    numbers, first, cell = np.unique(key, return_index=True, return_inverse=True)
    gpus = np.array([f"gpu{chr(97 + k % 26)}-{k // 26}" for k in range(200)])
    facts = {
        "app": np.array([f"app{k:02d}" for k in range(APPS)])[app[first]],
        "model": np.array(["face", "hands"])[inner[first] % 2],
        "variant": np.full(len(first), "original"),
        "backend": np.array(BACKENDS)[inner[first] // 2 % 4],
        "os": np.array(SYSTEMS)[inner[first] // 8 % 5],
        "browser": np.array(BROWSERS)[inner[first] // 40 % 5],
        "gpu": gpus[inner[first] // 200 % 200],
        "form": np.array(["desktop", "mobile"])[inner[first] % 2],
        "memory_gb": np.array([4, 8])[machine[first]],
        "cores": np.array([4, 8])[machine[first]],
        "release": np.array(["1.0", "2.0"])[release[first]],
        "browser_major": np.array([130, 131])[major[first]],
        "engine_version": np.full(len(first), "tfjs/4.22.0"),
        "model_release": np.full(len(first), "1"),
    }
    level = rng.normal(3.5, 0.7, cohorts)[cohort]
    ready = level + rng.normal(0, 0.45, n) + 0.1 * machine
    slow = (app == 0) & (inner // 200 % 200 == 3) & (release == 1)
    ready[slow] += np.log(2)
    bucket = np.log(1.04)
    rows = pa.table(
        {
            "cell": cell.astype(np.uint64),
            "at": at,
            "ready": (ready / bucket).astype(np.int16),
            "tail": ((ready + np.abs(rng.normal(0.3, 0.1, n))) / bucket).astype(np.int16),
            "start": ((6 + rng.normal(0, 0.5, n)) / bucket).astype(np.int16),
            "frame": (
                np.logaddexp(np.where(inner % 2 == 0, 2.9, 8.5) + rng.normal(0, 0.3, n), ready) / bucket
            ).astype(np.int16),
            "memory": ((16 + rng.normal(0, 0.1, n)) / bucket).astype(np.int16),
            "errors": rng.random(n) < 0.01,
            "incidents": rng.random(n) < 0.005,
            "predictions": np.full(n, 50.0),
            "weight": np.ones(n),
        }
    )
    cells = pa.table({"cell": np.arange(len(numbers), dtype=np.uint64), **facts})
    order = {f"app{k:02d}": ["1.0", "2.0"] for k in range(APPS)}
    return Observations(Votes.from_tables(cells, rows), order, []), datetime.fromtimestamp(end, UTC)


def measure(cohorts: int = 100_000, votes_each: int = 40) -> dict[str, Any]:
    """Seconds of a whole decision, of its comparisons alone, and of the loop for the same comparisons."""
    observations, now = make(cohorts, votes_each)
    settings = RegressionSettings()
    began = time.perf_counter()
    decision = decide(observations, settings, now=now)
    whole = time.perf_counter() - began
    look = Look.at(observations.votes, observations.release_order, SIGNALS)
    splits = find_splits(look, settings, now)
    began = time.perf_counter()
    compared = compare_all(look, splits)
    columns = time.perf_counter() - began
    loop, calls = _loop(look, splits)
    return {
        "cohorts": cohorts,
        "votes": len(observations.votes),
        "comparisons": sum(len(each.leaf) for each in compared.values()),
        "seconds": round(whole, 1),
        "seconds_comparing": round(columns, 1),
        "loop_seconds_estimated": round(loop, 1),
        "loop_cohorts_done": LOOPED,
        "loop_calls_done": calls,
        "times_faster": round(loop / columns, 1),
        "times_faster_whole_decision": round(loop / whole, 1),
        "findings": [finding.summary for finding in decision.findings],
        "cores": os.cpu_count(),
    }


def _loop(look: Look, splits: Sequence[Split]) -> tuple[float, int]:
    """Seconds that all cohorts would take, one after the other, and the calls that were made for some."""
    leaf = look.kinds.leaf[look.votes.cell]
    some = np.random.default_rng(1).choice(look.kinds.leaves, LOOPED, replace=False)
    by_leaf = np.argsort(leaf, kind="stable")
    bounds = np.searchsorted(leaf[by_leaf], np.arange(look.kinds.leaves + 1))
    sides = [look.side(split) for split in splits]
    values = {signal.name: look.values(signal) for signal in SIGNALS}
    calls = 0
    began = time.perf_counter()
    for cohort in some:
        rows = by_leaf[bounds[cohort] : bounds[cohort + 1]]
        for side in sides:
            new, old = rows[side[rows] == 1], rows[side[rows] == 0]
            if len(new) < 1 or len(old) < 1:
                continue
            for signal in SIGNALS:
                mannwhitneyu(values[signal.name][new], values[signal.name][old], alternative="greater")
                calls += 1
    return (time.perf_counter() - began) * look.kinds.leaves / LOOPED, calls
