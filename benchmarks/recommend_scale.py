"""How long ``recommend`` takes over a large fleet, and how much memory: ``make bench-recommend-scale``.

One app with three models on 384 kinds of device, a million sessions and ten, in the embedded engine; its
sessions follow published plans. What came in at once is merged first, as in a store that fills over two
weeks: else the engine would merge during the runs, and take their cores. Each run is a process of its own: it
opens the store, reads, decides and writes, as ``inferfleet recommend`` does where no collector runs. Peak
memory is the sum of two: the engine's and the job's, and that of processes that decide. The build before
(``BEFORE``, taken from git) runs on a copy of the same data in the same run, and is stopped after a quarter
of an hour: ``faster`` then says at least how many times. Prints one JSON line last; exits with 1 when a
target is missed.

    BENCH_SESSIONS="100000 1000000" make bench-recommend-scale    # a quick one
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.job_memory import watched
from benchmarks.recommend_rows import APP, NOW, add_sessions, publish_plans, settle
from collector.store import open_store
from collector.store.migrate import upgrade

BEFORE = "11e5da3"
"""The last build that read session-days as rows."""
SIZES = (1_000_000, 10_000_000)
TARGETS = {"seconds": 60.0, "faster": 5.0, "peak_mb": 1536}
PATIENCE = 15 * 60
"""Seconds that a run may take: for the build before, three times as many as would meet ``faster``."""
RUN = """
import inspect, json, resource, sys, time
from datetime import datetime
from collector.jobs.recommend import RecommendSettings, run
from collector.store import open_store

# The build before had no such choice.
alone = {"beside_reports": False} if "beside_reports" in inspect.signature(open_store).parameters else {}
with open_store(sys.argv[1], check_schema=False, **alone) as store:
    began, busy = time.perf_counter(), time.process_time()
    done = run(store, RecommendSettings(), now=datetime.fromisoformat(sys.argv[2]), app=sys.argv[3])
    print(json.dumps({
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - busy, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "session_days": done.visits,
        "decided": done.decided,
    }))
"""


def main() -> int:
    """Fills, runs both builds at each size, and compares."""
    sizes = [int(each) for each in os.environ.get("BENCH_SESSIONS", "").split()] or list(SIZES)
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="inferfleet-bench-") as folder:
        before = check_out(Path(folder) / "before")
        data, filled = Path(folder) / "data", 0
        upgrade(f"chdb://{data}/engine")
        with open_store(f"chdb://{data}/engine") as store:
            publish_plans(store)
        for size in sizes:
            began = time.perf_counter()
            with open_store(f"chdb://{data}/engine") as store:
                add_sessions(store, filled, size - filled)
                settle(store)
            filled = size
            _say(f"{size:,} sessions made in {time.perf_counter() - began:.0f} s")
            now = decide(Path.cwd(), data)
            if now["seconds"] is None:
                raise SystemExit(f"the run over {size:,} sessions failed: {now['ended']}")
            found[str(size)] = {"now": now, "before": decide(before, data)}
            _say(f"{size:,}: {found[str(size)]}")
    small, large = found[str(sizes[0])], found[str(sizes[-1])]
    result = {
        "benchmark": "recommend-scale",
        "cores": os.cpu_count(),
        "before": BEFORE,
        "sessions": found,
        "faster": faster(large),
        "growth": round(large["now"]["seconds"] / small["now"]["seconds"], 2),
    }
    missed = misses(large["now"], result["faster"])
    for line in missed:
        _say(line)
    print(json.dumps(result))
    return 1 if missed else 0


def decide(source: Path, data: Path) -> dict[str, Any]:
    """One run of a build on a copy of the data: it writes its decisions."""
    copy = data.with_name("copy")
    shutil.copytree(data, copy, symlinks=True)
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, f"chdb://{copy}/engine", NOW.isoformat(), APP],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with watched(process.pid) as workers:
            told, complained = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {"seconds": PATIENCE, "ended": "it took too long"}
    finally:
        shutil.rmtree(copy)
    if process.returncode:
        return {"seconds": None, "ended": complained.strip().splitlines()[-1:] or process.returncode}
    answer: dict[str, Any] = json.loads(told.splitlines()[-1])
    # The most of each, though not at one time.
    answer["peak_mb"] += workers.peak_mb
    return answer


def check_out(folder: Path) -> Path:
    """The source of the build before."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", BEFORE, "collector"], capture_output=True, check=True)
    subprocess.run(["tar", "x", "-C", folder], input=archive.stdout, check=True)
    return folder


def faster(both: dict[str, dict[str, Any]]) -> float | None:
    """How many times as long the build before takes, or took until it was stopped; None when it failed."""
    before = both["before"]["seconds"]
    return None if before is None else round(before / both["now"]["seconds"], 1)


def misses(now: dict[str, Any], times: float | None) -> list[str]:
    """A line for each target that is missed at the largest size."""
    lines = [
        f"{name} is {now[name]}, over its target of {TARGETS[name]}"
        for name in ("seconds", "peak_mb")
        if now[name] > TARGETS[name]
    ]
    if times is not None and times < TARGETS["faster"]:
        lines.append(f"it is {times} times as fast as the build before, under its target of 5")
    return lines


def _say(line: str) -> None:
    print(f"recommend-scale: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
