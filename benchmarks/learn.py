"""How fast a fleet gets right, and what it costs visitors until then: ``make bench-learn``.

The whole loop through HTTP: the installed collector on the embedded engine, and fleets that start on the
engine's default and follow what is published. Each table is played by several seeds, by pages that can race,
by pages that cannot (``NAME-no-races``), and by those to the build before races (``NAME-before``, taken from
git), with a decision after every two sessions a cell, and after every ten from 20 on. A run is as long as its
target asks for (``learn_summary.AFTER``). Tables: TensorFlow.js's own (``tfjs``), and made-up ones in
``learn_tables``. Two are played at a time, so that times say little.

``curve`` and the figures beside it are medians over the seeds, those named ``worst`` the worst seed's.
``target`` holds the worst seed's figures after as many sessions a cell as there is a target for. ``decide_s``
is the median time of a decision and its publication, ``play_s`` of all sessions of a run. Prints one JSON
line last.

    make bench-learn LEARN="--seeds 1 --tables tfjs"       # a quick one
    make bench-learn LEARN="--fleets races before"         # some of the fleets
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ingest import free_port, server
from benchmarks.learn_fleet import Collector, Played, play_fleet
from benchmarks.learn_summary import AFTER, summarize
from benchmarks.learn_tables import TABLES, cells_of, source_of

BEFORE = "11e5da3"
"""The last build that knew no races and tried arms with a fixed share of the installs."""
FLEETS = ("races", "no-races", "before")


@dataclass(frozen=True)
class Build:
    """How a collector is started."""

    command: tuple[str, ...]
    environment: dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="runs of each table")
    parser.add_argument("--tables", nargs="+", choices=sorted(TABLES), default=sorted(TABLES))
    parser.add_argument("--fleets", nargs="+", choices=FLEETS, default=FLEETS)
    parser.add_argument("--sessions-a-cell", type=int, help="how long each run is")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="inferfleet-bench-") as name:
        folder = Path(name)
        builds = {"before": _check_out(folder / "before")} if "before" in options.fleets else {}
        builds["now"] = Build((str(Path(sys.executable).parent / "inferfleet"),), {**os.environ})

        def play(table: str, fleet: str) -> dict[str, Any]:
            build = builds["before" if fleet == "before" else "now"]
            races = fleet == "races"
            length = options.sessions_a_cell or AFTER[races]
            data = folder / f"{table}-{fleet}"
            runs = play_seeds(data, table, build, range(options.seeds), races=races, length=length)
            summary = summarize(runs, races=races)
            print(f"{table} {fleet}: {_brief(summary)}", file=sys.stderr, flush=True)
            return summary

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            started = {
                _key(table, fleet): pool.submit(play, table, fleet)
                for fleet in options.fleets
                for table in options.tables
            }
            found = {key: future.result() for key, future in started.items()}
    result = {
        "benchmark": "learn",
        "cores": os.cpu_count(),
        "seeds": options.seeds,
        "before": BEFORE,
        "seconds": round(time.monotonic() - began),
        "sources": {name: source_of(name) for name in options.tables},
        "tables": dict(sorted(found.items())),
    }
    print(json.dumps(result))


def play_seeds(
    folder: Path, table: str, build: Build, seeds: Sequence[int], *, races: bool, length: int
) -> Sequence[Played]:
    """A collector of its own for each table and fleet, and an app of its own for each seed."""
    cells = cells_of(table)
    port = free_port()
    environment = {
        **build.environment,
        "INFERFLEET_DATA_DIR": str(folder),
        # Decisions come when the run says so, and at no other time: the same seed learns the same.
        "INFERFLEET_SCHEDULE__ENABLED": "false",
    }
    runs = []
    with server([*build.command, "serve", "--port", str(port)], port, environment):
        collector = Collector(f"http://127.0.0.1:{port}", build.command, environment)
        for seed in seeds:
            run = asyncio.run(play_fleet(collector, cells, seed, races=races, sessions_a_cell=length))
            runs.append(run)
            print(f"{folder.name} seed {seed}: {_run_line(run)}", file=sys.stderr, flush=True)
    return runs


def _check_out(folder: Path) -> Build:
    """The build before, run by this one's interpreter and packages."""
    folder.mkdir()
    parts = ("collector", "alembic", "alembic.ini", "dashboards")
    archive = subprocess.run(["git", "archive", BEFORE, *parts], capture_output=True, check=True)
    subprocess.run(["tar", "x", "-C", folder], input=archive.stdout, check=True)
    command = (sys.executable, "-c", "from collector.cli import main; main()")
    return Build(command, {**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"})


def _key(table: str, fleet: str) -> str:
    return table if fleet == "races" else f"{table}-{fleet}"


def _run_line(run: Played) -> str:
    last = run.outcome.curve[-1]
    decides = f"{len(run.decide_s)} decisions in {sum(run.decide_s):.0f} s"
    learned = f"wrong {last.wrong}, geo {last.geo}, wasted {last.wasted:.1%} (races {last.raced:.1%})"
    return f"{learned}; {run.outcome.races} races; {run.outcome.seconds:.0f} s, {decides}"


def _brief(table: dict[str, Any]) -> str:
    return str({name: value for name, value in table.items() if not name.startswith("curve")})


if __name__ == "__main__":
    main()
