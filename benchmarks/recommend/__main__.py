"""Prints one JSON line last; exits with 1 when a target is missed."""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

from benchmarks.recommend.commit import commit_n, paired, unpaired, wrong_commits
from benchmarks.recommend.hostile import KINDS, WORLDS, changed
from benchmarks.recommend.unseen import unseen

TARGETS = {
    "wrong_commit_rate": 0.05,
    "commit_n.gap50": 60,
    "commit_n.gap20": 250,
    "commit_n_paired.gap50": 12,
    "commit_n_paired.gap20": 40,
    **{f"hostile10_changed.{kind}": 0 for kind in KINDS},
    "unseen.fitted": 1.29,
}
GAPS = {"gap50": 1.5, "gap20": 1.2}


def main() -> int:
    """Runs all parts, two at a time."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recommend", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="runs of each figure (default 200)")
    seeds = parser.parse_args().seeds
    with ProcessPoolExecutor() as pool:
        started: dict[str, Any] = {
            "wrong_commit_rate": pool.submit(wrong_commits, seeds, 8, 250),
            **{
                f"commit_n{suffix}.{name}": pool.submit(partial(commit_n, play), gap, seeds)
                for suffix, play in (("", unpaired), ("_paired", paired))
                for name, gap in GAPS.items()
            },
            **{
                f"hostile{share}_changed.{kind}": pool.submit(changed, kind, share / 100, seeds)
                for share in (10, 20)
                for kind in KINDS
            },
        }
        served = pool.submit(unseen, max(4, seeds // 10))
        figures: dict[str, Any] = {}
        for name, future in started.items():
            figures[name] = future.result()
            print(f"{name:28} {figures[name]}", flush=True)
        for name, figure in served.result()._asdict().items():
            figures[f"unseen.{name}"] = figure
            print(f"{f'unseen.{name}':28} {figure}", flush=True)
    missed = [name for name, most in TARGETS.items() if figures[name] > most]
    for name in missed:
        print(f"recommend: {name} is {figures[name]}, over its target of {TARGETS[name]}", file=sys.stderr)
    print(json.dumps({"seeds": seeds, "hostile_runs": seeds * 2 * len(WORLDS), **_nested(figures)}))
    return 1 if missed else 0


def _nested(figures: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, figure in figures.items():
        group, _, key = name.partition(".")
        if key:
            result.setdefault(group, {})[key] = figure
        else:
            result[group] = figure
    return result


if __name__ == "__main__":
    sys.exit(main())
