"""How long an evaluation takes, beside one browser start per cell, in one run on one machine.

Two real models, four variants of each, four backends. The same cells are then measured with a Chromium of its
own for each, twice: at the same pace (``same_pace``), and as a script does that knows no pace (``all_runs``:
every input and ten warm predictions in each cell, however slow).
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from collector.variants.evaluate import Options, Pace, evaluate
from collector.variants.evaluate.cells import Rig, Subject, measure, serve
from collector.variants.evaluate.chromium import driver
from collector.variants.evaluate.engine import Engine, find_engine
from collector.variants.evaluate.evaluation import make_subject
from collector.variants.evaluate.inputs import seeded_inputs
from collector.variants.evaluate.server import Server
from collector.variants.evaluate.subjects import read_subjects, source_of
from tests.integration.variants.folders import ROOT, tfjs_folder

KINDS = ("float16", "uint16", "uint8")
NODE_MODULES = ROOT / "node_modules"
MODELS = ("blazeface", "liveness")
ALL_RUNS = Pace(runs=10, cell_s=float("inf"), within=0)
TARGET_S = 300
TARGET_RATIO = 3


def compare_speed(scratch: Path, *, all_runs: bool) -> dict[str, Any]:
    """Runs all ways, one after the other."""
    ways: dict[str, float] = {"evaluate_s": 0, "same_pace_s": 0, "all_runs_s": 0}
    reports = []
    for model in MODELS:
        variants = tfjs_folder(scratch / "speed" / model, model, KINDS)
        began = time.monotonic()
        reports.append(asyncio.run(evaluate(variants, Options(node_modules=NODE_MODULES), lambda _: None)))
        ways["evaluate_s"] += time.monotonic() - began
        _say(model, ways)
        ways["same_pace_s"] += _seconds_alone(variants, Pace())
        _say(model, ways)
        if all_runs:
            ways["all_runs_s"] += _seconds_alone(variants, ALL_RUNS)
            _say(model, ways)
    return _summary(ways, reports)


def _say(model: str, ways: dict[str, float]) -> None:
    """Far from the end of a long run, something is known already."""
    told = ", ".join(f"{name} {seconds:.0f}" for name, seconds in ways.items())
    print(f"speed, up to {model}: {told}", file=sys.stderr, flush=True)


def _summary(ways: dict[str, float], reports: list[dict[str, Any]]) -> dict[str, Any]:
    cells = [cell for report in reports for variant in report["variants"] for cell in variant["cells"]]
    ours = ways["evaluate_s"]
    faster = {
        name.removesuffix("_s"): round(seconds / ours, 2)
        for name, seconds in ways.items()
        if seconds and name != "evaluate_s"
    }
    return {
        "models": list(MODELS),
        "cells": len(cells),
        "failed_cells": sum(bool(cell["message"]) for cell in cells),
        **{name: round(seconds, 1) for name, seconds in ways.items()},
        "times_faster_than": faster,
        "met": {
            "seconds": ours <= TARGET_S,
            "times_faster": max(faster.values(), default=0) >= TARGET_RATIO,
        },
    }


def _seconds_alone(folder: Path, pace: Pace) -> float:
    """Every cell in a Chromium of its own; files are read and verified once, outside of the time."""
    built = read_subjects(folder)
    subject = make_subject(folder, built, seeded_inputs(source_of(built).inputs, "0..1"))
    engine = find_engine("tfjs", NODE_MODULES, None)
    began = time.monotonic()
    for variant in built.ordered:
        alone = subject._replace(built=built.model_copy(update={"variants": [variant]}))
        for backend in engine.backends:
            asyncio.run(_one(alone, engine._replace(backends=(backend,)), pace))
    return time.monotonic() - began


async def _one(subject: Subject, engine: Engine, pace: Pace) -> None:
    with Server() as server:
        async with driver("software") as chromium:
            rig = Rig(chromium, server, subject, engine, pace)
            serve(rig)
            await measure(rig, lambda _: None)
