"""Finds the programs that the demo runs, or says what to install."""

import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from examples.demo.errors import DemoError

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "examples/face_detection/dist"
VISIT = ROOT / "examples/face_detection/visit.mjs"


class Programs(NamedTuple):
    """Absolute paths."""

    chromium: str
    alertmanager: str
    node: str
    inferfleet: str


def find_programs() -> Programs:
    """All of them.

    Raises:
        DemoError: one is missing; the message names every missing one and how to get it.
    """
    chromium = os.environ.get("INFERFLEET_CHROMIUM") or shutil.which("chromium")
    alertmanager = os.environ.get("INFERFLEET_ALERTMANAGER") or shutil.which("prometheus-alertmanager")
    node = shutil.which("node")
    inferfleet = shutil.which("inferfleet", path=str(Path(sys.executable).parent))
    missing = [
        f"{name}: {advice}"
        for name, found, advice in (
            ("Chromium", chromium, "apt-get install chromium, or point INFERFLEET_CHROMIUM at it"),
            (
                "Alertmanager",
                alertmanager,
                "apt-get install prometheus-alertmanager, or point INFERFLEET_ALERTMANAGER at it",
            ),
            ("Node", node, "install Node 20.20 or newer"),
            ("the inferfleet command", inferfleet, "make setup"),
            ("the example page", (PAGE / "main.js").is_file() or None, "make setup"),
        )
        if not found
    ]
    missing += [
        f"{name}: there is no program {path}"
        for name, path in (("Chromium", chromium), ("Alertmanager", alertmanager))
        if path and shutil.which(path) is None
    ]
    if missing or not (chromium and alertmanager and node and inferfleet):
        raise DemoError("The demo lacks\n  " + "\n  ".join(missing))
    return Programs(chromium, alertmanager, node, inferfleet)
