"""Builds and evaluates variants of four real models, and prints one JSON line last.

    make bench-variants
    BENCH_MODELS="blazeface digits" BENCH_SPEED=0 make bench-variants    # a part of it

``BENCH_SPEED``: ``all`` (default) compares with one browser start per cell at our pace and at a script's;
``same`` leaves the second out; ``0`` leaves both out.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.variants.speed import compare_speed
from benchmarks.variants.subjects import Subject, find_subjects
from benchmarks.variants.summary import ratio, rows, slimming
from benchmarks.variants.wrong_backend import find_wrong

MODELS = "blazeface mobilenet_v2 silero_vad digits"


def main() -> None:
    """Runs everything, one after the other, and says on stderr how far it is."""
    wanted = os.environ.get("BENCH_MODELS", MODELS).split()
    speed = os.environ.get("BENCH_SPEED", "all")
    began = time.monotonic()
    out: dict[str, Any] = {"benchmark": "variants", "models": wanted, "variants": [], "ratio": {}}
    out |= {
        "slimming": None,
        "build_s_of": {},
        "evaluate_s_of": {},
        "reproducible_of": {},
        "wrong_backends": {},
    }
    with tempfile.TemporaryDirectory(prefix="inferfleet-bench-") as folder:
        scratch = Path(folder)
        for subject in find_subjects(scratch, wanted):
            _measure(subject, scratch, out)
            _say(subject.name, began)
        found = find_wrong(scratch)
        out["wrong_backend_found"], out["wrong_backend"] = found["found"], found
        _say("a wrong backend", began)
        out["speed"] = None if speed == "0" else compare_speed(scratch, all_runs=speed == "all")
    out["build_s"] = round(sum(out["build_s_of"].values()), 1)
    out["evaluate_s"] = round(sum(out["evaluate_s_of"].values()), 1)
    out["reproducible"] = all(out["reproducible_of"].values())
    out["load_average"] = round(os.getloadavg()[0], 1)
    out["total_s"] = round(time.monotonic() - began, 1)
    print(json.dumps(out))


def _measure(subject: Subject, scratch: Path, out: dict[str, Any]) -> None:
    folder, again = (scratch / f"{subject.name}-{which}" for which in ("variants", "again"))
    began = time.monotonic()
    subject.build(folder)
    out["build_s_of"][subject.name] = round(time.monotonic() - began, 1)
    subject.build(again)
    out["reproducible_of"][subject.name] = _contents(again) == _contents(folder)
    began = time.monotonic()
    report = subject.evaluate(folder)
    out["evaluate_s_of"][subject.name] = round(time.monotonic() - began, 1)
    out["variants"] += rows(report)
    out["ratio"][subject.name] = ratio(report, subject.given_bytes)
    out["wrong_backends"][subject.name] = report["backends"]["wrong"]
    if subject.name == "digits":
        out["slimming"] = slimming(report)


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _say(what: str, began: float) -> None:
    print(f"bench-variants: {what} done, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
