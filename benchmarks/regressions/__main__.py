"""Labelled series, fleets without a fault, and a hundred thousand cohorts: ``make bench-regressions``.

All of it through the job's own decision, fed with votes in the shape in which the store answers them; the
whole job on a real engine is in ``tests/integration/regressions``. One JSON line last.
"""

import argparse
import json
import sys
import time
from typing import Any

from benchmarks.regressions import labelled, same, soon, speed

FIRST_SEED = 400
"""The series that the job was developed on began at 0, 100, 200 and 300: these are others."""


def main() -> None:
    """Runs the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=8, help="series of each kind: 29 kinds")
    parser.add_argument("--apps", type=int, default=6, help="apps without a fault, four weeks each")
    parser.add_argument("--cohorts", type=int, default=100_000, help="of the run that is timed")
    parser.add_argument("--only", nargs="*", default=[], help="labelled series of these names only")
    arguments = parser.parse_args()
    began = time.perf_counter()
    outcomes = labelled.run(range(FIRST_SEED, FIRST_SEED + arguments.seeds), arguments.only)
    for outcome in outcomes:
        for told in outcome.told:
            print(f"{outcome.scenario} {outcome.seed}: {told}", file=sys.stderr)
        if outcome.missed:
            print(f"{outcome.scenario} {outcome.seed}: MISSED", file=sys.stderr)
    answer: dict[str, Any] = {"labelled": labelled.summarise(outcomes)}
    if not arguments.only:
        answer["fourfold"] = soon.measure(arguments.seeds)
        answer["same"] = same.watch(arguments.apps)
        answer["speed"] = speed.measure(arguments.cohorts)
    answer["total_s"] = round(time.perf_counter() - began, 1)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
