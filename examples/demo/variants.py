"""The variants of the page's model: built, measured, published beside the page, registered."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from examples.demo.collector_process import APP, MODEL, CollectorProcess
from examples.demo.programs import ROOT, Programs

SOURCE = ROOT / "node_modules/@vladmandic/human/models/blazeface.json"
PHOTOS = ROOT / "examples/face_detection/public/photo"
ORIGINAL = "original"
WHERE = "/demo/models"
"""Where pages see the folder ``models`` of the page."""
_MEASURED_ON = "cpu,wasm,webgl"
"""WebGPU in software would take longer than all the others together."""
_RUNS = "3"
_WANTED = ("float16", "uint8")
"""One that is good and one that is not; uint16 is as large as float16 here."""


@dataclass(frozen=True)
class Made:
    """One variant, and what was measured of it before anybody ran it."""

    name: str
    bytes: int
    relative_error: float | None
    """Of its outputs, against the original's; None for the original itself."""
    refused_by: list[str]


@dataclass(frozen=True)
class Variants:
    """All of them."""

    made: list[Made]
    build_seconds: float
    evaluate_seconds: float

    def bytes_of(self, name: str) -> int:
        """How much a page downloads of a variant."""
        return next(each.bytes for each in self.made if each.name == name)


def set_up(programs: Programs, say: Callable[[str], None]) -> bool:
    """Makes sure that the converters are there; the command shows its own progress. False when it failed."""
    say("→ The converters of models, 3.1 GB, once (VARIANTS=0 does without, and makes no variants) …")
    done = subprocess.run([programs.inferfleet, "variants", "setup"], check=False)
    if done.returncode != 0:
        say("  The demo goes on without variants of its model.")
    return done.returncode == 0


def make_variants(collector: CollectorProcess) -> Variants:
    """Builds, measures, publishes and registers them, by the commands that a user has.

    Raises:
        DemoError: a command failed.
    """
    built = collector.page.parent / "variants"
    started = time.monotonic()
    only = [option for name in _WANTED for option in ("--only", name)]
    collector.command("variants", "build", str(SOURCE), "--to", str(built), "--name", MODEL, *only)
    build_seconds = time.monotonic() - started
    started = time.monotonic()
    collector.command(
        *("variants", "evaluate", str(built), "--inputs", str(PHOTOS), "--scale", "-1..1"),
        *("--backends", _MEASURED_ON, "--runs", _RUNS, "--engine-from", str(ROOT / "node_modules")),
    )
    evaluate_seconds = time.monotonic() - started
    to = str(collector.page / "models")
    collector.command("variants", "publish", str(built), "--app", APP, "--to", to, "--public", WHERE)
    collector.command("variants", "register", str(built), "--app", APP)
    evaluation = json.loads((built / "evaluation.json").read_text())
    return Variants([_made(each) for each in evaluation["variants"]], build_seconds, evaluate_seconds)


def _made(measured: dict[str, Any]) -> Made:
    is_source = measured["name"] == "source"
    return Made(
        name=ORIGINAL if is_source else measured["name"],
        bytes=measured["bytes"],
        relative_error=None if is_source else measured["error"]["relative"],
        refused_by=measured["refused_by"],
    )
