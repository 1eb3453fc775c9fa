"""From labelled pictures to a folder of variants with what was measured of them."""

import json
import time
from pathlib import Path
from typing import Any

from collector.variants import find_tool
from examples.slimming.commands import inferfleet, train
from examples.slimming.digits import write_digits
from examples.slimming.errors import SlimmingError
from examples.slimming.picture import Dot, draw_svg, tell_trade_off

MODEL = "digits"
NETWORKS = ("flatten", "pooled", "pruned", "distilled")
ADDED = {"pooled": ("float16", "uint16", "uint8"), "pruned": ("uint8",), "distilled": ("uint8",)}
"""Of each other network, the variants that are measured beside its float32."""
CELL_SECONDS = "1"


def make(folder: Path) -> dict[str, Any]:
    """Trains, builds, adds, evaluates and draws; what was trained already is kept.

    Returns:
        What DIR/evaluation.json says.

    Raises:
        SlimmingError: a step failed, or the converters are not there.
    """
    began = time.monotonic()
    train_networks(folder)
    build(folder, folder / "variants")
    evaluation = evaluate(folder, folder / "variants")
    dots = dots_of(evaluation)
    print("\n" + tell_trade_off(dots))
    picture = folder / "trade-off.svg"
    picture.write_text(draw_svg(dots), encoding="utf-8")
    print(f"\nThe same as a picture: {picture}")
    print(f"Made and measured in {time.monotonic() - began:.0f} s. Next: python -m examples.slimming serve")
    return evaluation


def train_networks(folder: Path) -> None:
    """Writes the data and, unless they are there, the trained networks."""
    tool = find_tool()
    if not tool.installed:
        raise SlimmingError("training needs the converters' TensorFlow: .venv/bin/inferfleet variants setup")
    trained = folder / "trained"
    trained.mkdir(parents=True, exist_ok=True)
    write_digits(folder)
    if not all((trained / f"{name}.h5").is_file() for name in NETWORKS):
        train(tool.python, folder / "train.npz", trained)


def build(folder: Path, to: Path) -> None:
    """Builds the variants of the flatten head, and adds those of the others; an earlier build is replaced."""
    trained = folder / "trained"
    inferfleet("variants", "build", trained / "flatten.h5", "--to", to, "--name", MODEL)
    for name, kinds in ADDED.items():
        only = [word for kind in kinds for word in ("--only", kind)]
        inferfleet("variants", "add", trained / f"{name}.h5", "--to", to, "--variant", name, *only)


def evaluate(folder: Path, built: Path) -> dict[str, Any]:
    """Measures all of them on all backends, with the labels of the test set."""
    inputs = ("--inputs", folder / "test.npz", "--labels", folder / "test.csv")
    inferfleet("variants", "evaluate", built, *inputs, "--cell-seconds", CELL_SECONDS)
    evaluation: dict[str, Any] = json.loads((built / "evaluation.json").read_bytes())
    return evaluation


def dots_of(evaluation: dict[str, Any]) -> list[Dot]:
    """A dot for each variant, the smallest download last."""
    dots = [
        Dot(
            each["name"],
            each["bytes"],
            each["brotli_bytes"],
            each["accuracy"]["top1"],
            each["accuracy"]["low"],
            each["accuracy"]["high"],
            accepted=each["accepted"],
        )
        for each in evaluation["variants"]
        if each["accuracy"] is not None
    ]
    return sorted(dots, key=lambda dot: -dot.bytes)
