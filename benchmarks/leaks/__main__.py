"""How surely and how soon leaks are found, how often honest pages are accused, and how long a run takes.

Simulated pages (``pages``, ``in_company``) are judged by the job's own ``decide``; 23,000 sessions in the
embedded engine by the whole job. The build before (``BEFORE``, taken from git) does the same in the same run,
each in processes of its own. Prints one JSON line last; exits with 1 when a target is missed.

    BENCH_COHORTS=40 make bench-leaks    # a quick one: cohorts of each kind of page, honest ones times 4
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.leaks.fleet import APP, fill
from benchmarks.leaks.sessions import NOW
from collector.store import open_store
from collector.store.migrate import upgrade

BEFORE = "a98909f"
"""The last build that measured growth session by session, and none of its end."""
COHORTS = 100
HONEST_TIMES = 4
"""So many times as many are honest: false findings are rare."""
SLOW_FRACTION = 4
"""The build before, which takes forty times as long, judges a quarter of the cohorts, of honest ones too."""
TARGETS = {"false_per_1000": 1.0, "recall": 0.95, "right": 0.98, "faster": 5.0}
SLOWEST = ("1 in 100", "0.5 MB a minute")
"""The leaks that 95 % of cohorts of 20 sessions must show."""
RUN = """
import json, sys, time
from datetime import datetime
from collector.jobs.leaks import LeakSettings, run
from collector.store import open_store

with open_store(sys.argv[1], check_schema=False) as store:
    began = time.perf_counter()
    found = run(store, LeakSettings(), now=datetime.fromisoformat(sys.argv[2]), app=sys.argv[3])
    print(json.dumps({
        "seconds": round(time.perf_counter() - began, 1),
        "sessions": found.sessions,
        "findings": found.opened,
    }))
"""


def main() -> int:
    """Both builds, side by side."""
    cohorts = int(os.environ.get("BENCH_COHORTS", COHORTS))
    fewer = max(1, cohorts // SLOW_FRACTION)
    with tempfile.TemporaryDirectory(prefix="inferfleet-bench-") as folder:
        before = check_out(Path(folder) / "before")
        data = Path(folder) / "data"
        upgrade(f"chdb://{data}/engine")
        with open_store(f"chdb://{data}/engine") as store:
            sessions = fill(store)
        _say(f"{sessions:,} sessions made")
        speed = {"now": run_job(Path.cwd(), data), "before": run_job(before, data)}
        _say(f"a run over them: {speed}")
        trials = {
            "now": trial(Path.cwd(), cohorts, HONEST_TIMES * cohorts),
            "before": trial(before, fewer, fewer),
        }
    result = {
        "benchmark": "leaks",
        "cores": os.cpu_count(),
        "before_build": BEFORE,
        **{build: summary(told) for build, told in trials.items()},
        "run": speed,
        "faster": round(speed["before"]["seconds"] / speed["now"]["seconds"], 1),
        "kinds": trials,
    }
    missed = misses(result)
    for line in missed:
        _say(line)
    print(json.dumps(result))
    return 1 if missed else 0


def summary(trial: dict[str, Any]) -> dict[str, Any]:
    """What the targets are of."""
    right = trial["right"].values()
    return {
        "cohort_days": trial["cohort_days"],
        "false": sum(trial["false"].values()),
        "false_per_1000": round(1000 * sum(trial["false"].values()) / trial["cohort_days"], 2),
        "recall": {name: trial["found"][name]["recall"] for name in SLOWEST},
        "sessions_to_detect": {name: trial["found"][name]["sessions_median"] for name in SLOWEST},
        "right": round(sum(right) / len(right), 4),
    }


def misses(result: dict[str, Any]) -> list[str]:
    """A line for each target that is missed."""
    now = result["now"]
    lines = []
    if now["false_per_1000"] > TARGETS["false_per_1000"]:
        lines.append(f"{now['false_per_1000']} false findings in 1,000 cohort-days, over the target of 1")
    lines += [
        f"recall of {name} is {recall}, under the target of {TARGETS['recall']}"
        for name, recall in now["recall"].items()
        if recall < TARGETS["recall"]
    ]
    if now["right"] < TARGETS["right"]:
        lines.append(f"the right model is blamed in {now['right']}, under the target of {TARGETS['right']}")
    if result["faster"] < TARGETS["faster"]:
        lines.append(f"a run is {result['faster']} times as fast as before, under the target of 5")
    return lines


def trial(source: Path, cohorts: int, honest: int) -> dict[str, Any]:
    """The simulated cohorts, judged by one build."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.leaks.trial", str(cohorts), str(honest)],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the trial of {source} failed: {done.stderr.strip().splitlines()[-1:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    _say(f"{answer['cohort_days']} honest cohort-days, false: {answer['false']}")
    return answer


def run_job(source: Path, data: Path) -> dict[str, Any]:
    """One run of a build's job on a copy of the data: it writes its findings."""
    copy = data.with_name("copy")
    shutil.copytree(data, copy, symlinks=True)
    try:
        done = subprocess.run(
            [sys.executable, "-c", RUN, f"chdb://{copy}/engine", NOW.isoformat(), APP],
            cwd=source,
            env={**os.environ, "PYTHONPATH": str(source)},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(copy)
    if done.returncode:
        raise SystemExit(f"the job of {source} failed: {done.stderr.strip().splitlines()[-1:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def check_out(folder: Path) -> Path:
    """The source of the build before, with these trials beside it."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", BEFORE, "collector"], capture_output=True, check=True)
    subprocess.run(["tar", "x", "-C", folder], input=archive.stdout, check=True)
    shutil.copytree(Path(__file__).parent, folder / "benchmarks" / "leaks")
    (folder / "benchmarks" / "__init__.py").touch()
    return folder


def _say(line: str) -> None:
    print(f"leaks: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
