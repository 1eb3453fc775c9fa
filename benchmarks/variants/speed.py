"""How long an evaluation takes, beside one browser start per cell.

Two real models, four variants of each, four backends. The same cells are then measured with a Chromium of its
own for each, twice: at the same pace (``same_pace``), and as a script does that knows no pace (``all_runs``:
every input and ten warm predictions in each cell, however slow). Prints one JSON line last.

    python -m benchmarks.variants_evaluate
    BENCH_MODELS="liveness emotion" BENCH_ALL_RUNS=0 python -m benchmarks.variants_evaluate    # a quick one
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from collector.variants.evaluate import Options, Pace, evaluate
from collector.variants.evaluate.cells import Rig, Subject, measure, serve
from collector.variants.evaluate.chromium import driver
from collector.variants.evaluate.engine import Engine, find_engine
from collector.variants.evaluate.evaluation import make_subject
from collector.variants.evaluate.inputs import seeded_inputs
from collector.variants.evaluate.manifest import read_manifest
from collector.variants.evaluate.server import Server
from tests.integration.variants.folders import ROOT, tfjs_folder

KINDS = ("float16", "uint16", "uint8")
NODE_MODULES = ROOT / "node_modules"
ALL_RUNS = Pace(runs=10, cell_s=float("inf"))
TARGET_S = 300
TARGET_RATIO = 3


def main() -> None:
    """Runs all ways, one after the other."""
    models = os.environ.get("BENCH_MODELS", "blazeface liveness").split()
    ways: dict[str, float] = {"evaluate_s": 0, "same_pace_s": 0, "all_runs_s": 0}
    reports = []
    with tempfile.TemporaryDirectory(prefix="inferfleet-bench-") as folder:
        for model in models:
            variants = tfjs_folder(Path(folder) / model, model, KINDS)
            began = time.monotonic()
            reports.append(
                asyncio.run(evaluate(variants, Options(node_modules=NODE_MODULES), lambda _: None))
            )
            ways["evaluate_s"] += time.monotonic() - began
            _say(model, ways)
            ways["same_pace_s"] += _seconds_alone(variants, Pace())
            _say(model, ways)
            if os.environ.get("BENCH_ALL_RUNS", "1") != "0":
                ways["all_runs_s"] += _seconds_alone(variants, ALL_RUNS)
                _say(model, ways)
    print(json.dumps(_summary(models, ways, reports)))


def _say(model: str, ways: dict[str, float]) -> None:
    """Far from the end of a long run, something is known already."""
    print(f"variants-evaluate: up to {model}: {ways}", file=sys.stderr, flush=True)


def _summary(models: list[str], ways: dict[str, float], reports: list[dict[str, Any]]) -> dict[str, Any]:
    cells = [cell for report in reports for variant in report["variants"] for cell in variant["cells"]]
    ours = ways["evaluate_s"]
    faster = {
        name.removesuffix("_s"): round(seconds / ours, 2)
        for name, seconds in ways.items()
        if seconds and name != "evaluate_s"
    }
    return {
        "benchmark": "variants-evaluate",
        "models": models,
        "cells": len(cells),
        "failed_cells": sum(bool(cell["message"]) for cell in cells),
        "load_average": round(os.getloadavg()[0], 1),
        **{name: round(seconds, 1) for name, seconds in ways.items()},
        "times_faster_than": faster,
        "targets_met": {
            "seconds": ours <= TARGET_S,
            "times_faster": max(faster.values(), default=0) >= TARGET_RATIO,
        },
    }


def _seconds_alone(folder: Path, pace: Pace) -> float:
    """Every cell in a Chromium of its own; files are read and verified once, outside of the time."""
    manifest = read_manifest(folder)
    subject = make_subject(folder, manifest, seeded_inputs(manifest.source.inputs, "0..1"))
    engine = find_engine("tfjs", NODE_MODULES, None)
    began = time.monotonic()
    for variant in manifest.ordered:
        alone = subject._replace(manifest=manifest.model_copy(update={"variants": [variant]}))
        for backend in engine.backends:
            asyncio.run(_one(alone, engine._replace(backends=(backend,)), pace))
    return time.monotonic() - began


async def _one(subject: Subject, engine: Engine, pace: Pace) -> None:
    with Server() as server:
        async with driver("software") as chromium:
            rig = Rig(chromium, server, subject, engine, pace)
            serve(rig)
            await measure(rig, lambda _: None)


if __name__ == "__main__":
    main()
