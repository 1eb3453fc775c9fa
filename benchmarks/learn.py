"""How fast a fleet gets right, and what it costs visitors until then: ``make bench-learn``.

The whole loop through HTTP: the installed collector on the embedded engine, and fleets that start on the
engine's default and follow what is published. Each table is played by several seeds, once by pages that can
race and once (``NAME-no-races``) by pages that cannot, with a decision after every two sessions a cell, and
after every ten from 20 on. Tables: TensorFlow.js's own (``tfjs``), and made-up ones in ``learn_tables``.

``curve`` and the figures beside it are medians over the seeds, those named ``worst`` the worst seed's.
``target`` holds the worst seed's figures after as many sessions a cell as there is a target for. ``decide_s``
is the median time of a decision and its publication, ``play_s`` of all sessions of a run. Prints one JSON
line last.

    make bench-learn LEARN="--seeds 1 --tables tfjs"       # a quick one
    make bench-learn LEARN="--inferfleet PATH"             # another build's command as the collector
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.ingest import free_port, server
from benchmarks.learn_fleet import Collector, Played, play_fleet
from benchmarks.learn_summary import summarize
from benchmarks.learn_tables import TABLES, cells_of, source_of

RACES = {"": True, "-no-races": False}
"""What is added to a table's name, and whether the pages can race."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="runs of each table")
    parser.add_argument("--tables", nargs="+", choices=sorted(TABLES), default=sorted(TABLES))
    parser.add_argument("--fleets", nargs="+", choices=("races", "no-races"), default=("races", "no-races"))
    parser.add_argument("--sessions-a-cell", type=int, default=250, help="how long each run is")
    parser.add_argument(
        "--inferfleet",
        type=Path,
        default=Path(sys.executable).parent / "inferfleet",
        help="the command that is played to",
    )
    options = parser.parse_args()
    wanted = [
        suffix for suffix, races in RACES.items() if ("races" if races else "no-races") in options.fleets
    ]
    found: dict[str, dict[str, Any]] = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="inferfleet-bench-") as folder:
        for name in options.tables:
            for suffix in wanted:
                runs = play_seeds(Path(folder) / f"{name}{suffix}", name, options, races=RACES[suffix])
                found[name + suffix] = summarize(runs, races=RACES[suffix])
                print(f"{name + suffix:20} {_brief(found[name + suffix])}", file=sys.stderr)
    result = {
        "benchmark": "learn",
        "cores": os.cpu_count(),
        "seeds": options.seeds,
        "seconds": round(time.monotonic() - began),
        "sources": {name: source_of(name) for name in options.tables},
        "tables": found,
    }
    print(json.dumps(result))


def play_seeds(folder: Path, name: str, options: argparse.Namespace, *, races: bool) -> Sequence[Played]:
    """A collector of its own for each table and kind of page, and an app of its own for each seed."""
    cells = cells_of(name)
    port = free_port()
    environment = {
        **os.environ,
        "INFERFLEET_DATA_DIR": str(folder),
        # Decisions come when the run says so, and at no other time: the same seed learns the same.
        "INFERFLEET_SCHEDULE__ENABLED": "false",
    }
    command = [str(options.inferfleet), "serve", "--port", str(port)]
    runs = []
    with server(command, port, environment):
        collector = Collector(f"http://127.0.0.1:{port}", options.inferfleet, environment)
        for seed in range(options.seeds):
            run = asyncio.run(
                play_fleet(collector, cells, seed, races=races, sessions_a_cell=options.sessions_a_cell)
            )
            runs.append(run)
            print(f"{name} seed {seed}, races {races}: {_run_line(run)}", file=sys.stderr)
    return runs


def _run_line(run: Played) -> str:
    last = run.outcome.curve[-1]
    decides = f"{len(run.decide_s)} decisions in {sum(run.decide_s):.0f} s"
    learned = f"wrong {last.wrong}, geo {last.geo}, wasted {last.wasted:.1%} (races {last.raced:.1%})"
    return f"{learned}; {run.outcome.races} races; {run.outcome.seconds:.0f} s, {decides}"


def _brief(table: dict[str, Any]) -> str:
    return str({name: value for name, value in table.items() if not name.startswith("curve")})


if __name__ == "__main__":
    main()
