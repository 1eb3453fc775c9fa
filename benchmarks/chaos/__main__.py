"""Runs all scenarios, or those named (``python -m benchmarks.chaos kills fuzz``). One JSON line last."""

import argparse
import importlib
import json
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from benchmarks.chaos.served import end_all
from benchmarks.chaos.summary import summarise

SCENARIOS = [
    "kills",
    "power_loss",
    "engine_down",
    "disk_full",
    "damage",
    "attackers",
    "fuzz",
    "restart",
    "overload",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", help=f"of {', '.join(SCENARIOS)}; all when left out")
    options = parser.parse_args()
    if unknown := set(options.scenarios) - set(SCENARIOS):
        parser.error(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(SCENARIOS)}")
    results: dict[str, dict[str, Any]] = {}
    failed: dict[str, list[str]] = {}
    for name in options.scenarios or SCENARIOS:
        results[name], wrong = _run(name)
        if wrong:
            failed[name] = wrong
    print(json.dumps({"benchmark": "chaos", **summarise(results), "failed": failed, "scenarios": results}))
    sys.exit(1 if failed else 0)


def _run(name: str) -> tuple[dict[str, Any], list[str]]:
    scenario = importlib.import_module(f"benchmarks.chaos.{name}")
    folder = Path(tempfile.mkdtemp(prefix=f"inferfleet-chaos-{name}-"))
    started = time.monotonic()
    result: dict[str, Any]
    wrong: list[str]
    try:
        result = scenario.run(folder)
        wrong = scenario.failures(result)
    except Exception as error:  # the others are run all the same, and this one failed
        traceback.print_exc()
        result, wrong = {"broke_off": repr(error)}, ["broke_off"]
    finally:
        end_all()
    result["seconds"] = round(time.monotonic() - started, 1)
    print(f"{name}: {'failed ' + ', '.join(wrong) if wrong else 'held'} {json.dumps(result)}", flush=True)
    if wrong:
        print(f"{name}: data and logs are kept in {folder}", flush=True)
    else:
        shutil.rmtree(folder)
    return result, wrong


if __name__ == "__main__":
    main()
