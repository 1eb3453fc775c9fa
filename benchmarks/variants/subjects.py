"""The models, out of packages that are installed, and what each is shown."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from sklearn import datasets

from collector.variants import Order, build_variants, find_tool
from collector.variants import evaluate as variants
from collector.variants.evaluate import Options, Pace
from examples.slimming.making import build, evaluate, train_networks

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
NODE_MODULES = ROOT / "node_modules"
PHOTO = ROOT / "examples/face_detection/public/photo/astronaut.jpg"
PACE = Pace(cell_s=2)


class Subject(NamedTuple):
    """A model that is built and evaluated.

    Attributes:
        name: as in the report.
        given_bytes: of all files of the model as its package has it; 0 where it comes from none.
        build: writes its variants to a folder that is not there yet.
        evaluate: measures those in a folder, and returns the evaluation.
    """

    name: str
    given_bytes: int
    build: Callable[[Path], None]
    evaluate: Callable[[Path], dict[str, Any]]


def find_subjects(scratch: Path, wanted: list[str]) -> list[Subject]:
    """Those that are wanted, in this order: blazeface, mobilenet_v2, silero_vad, digits."""
    makers = {"blazeface": _blazeface, "mobilenet_v2": _mobilenet, "silero_vad": _silero, "digits": _digits}
    unknown = sorted(set(wanted) - makers.keys())
    if unknown:
        raise SystemExit(f"BENCH_MODELS: there is no {unknown[0]}; there are {', '.join(makers)}")
    return [makers[name](scratch) for name in makers if name in wanted]


def _blazeface(scratch: Path) -> Subject:
    """Seven photographs with 23 faces. Variants are compared by the faces that an app finds in them."""
    model = NODE_MODULES / "@vladmandic/human/models/blazeface.json"
    photos = scratch / "faces"
    photos.mkdir()
    shutil.copy2(PHOTO, photos)
    for photo in sorted((_installed("@vladmandic/face-api") / "demo").glob("sample?.jpg")):
        shutil.copy2(photo, photos)
    size = model.stat().st_size + model.with_suffix(".bin").stat().st_size
    return Subject(
        "blazeface",
        size,
        _builder(model, "blazeface", short_names=True),
        _evaluator(photos, scale="-1..1", postprocess=HERE / "blazeface_boxes.py"),
    )


def _mobilenet(scratch: Path) -> Subject:
    """In its package it is quantised to uint8 already: the source is what TensorFlow.js decodes that to."""
    _installed("nsfwjs")
    made = scratch / "mobilenet"
    subprocess.run(["node", HERE / "mobilenet.mjs", made], check=True, stdout=subprocess.PIPE)
    photos = scratch / "photos"
    photos.mkdir()
    shutil.copy2(PHOTO, photos)
    for photo in ("china.jpg", "flower.jpg"):
        shutil.copy2(Path(datasets.__file__).parent / "images" / photo, photos)
    size = sum(file.stat().st_size for file in made.iterdir())  # decoded: its package has 2.7 MB of uint8
    return Subject("mobilenet_v2", size, _builder(made / "model.json", "mobilenet_v2"), _evaluator(photos))


def _silero(_: Path) -> Subject:
    """As an app calls it: it gives the state back, and reads the probability of speech."""
    model = NODE_MODULES / "@ricky0123/vad-web/dist/silero_vad_v5.onnx"
    return Subject(
        "silero_vad",
        model.stat().st_size,
        _builder(model, "silero_vad"),
        _evaluator(HERE / "sounds.py", carry=("stateN=state",), outputs=("output",)),
    )


def _digits(scratch: Path) -> Subject:
    """examples/slimming, as its reader runs it; it evaluates with labels."""
    folder = scratch / "digits"
    train_networks(folder)
    return Subject("digits", 0, lambda to: build(folder, to), lambda built: evaluate(folder, built))


def _installed(package: str) -> Path:
    folder = HERE / "node_modules" / package
    if not folder.is_dir():
        raise SystemExit(f"{package} is not installed: make bench-variants")
    return folder


def _builder(model: Path, name: str, *, short_names: bool = False) -> Callable[[Path], None]:
    def build_one(to: Path) -> None:
        build_variants(find_tool(), Order(model, to, name, short_names=short_names), lambda _: None)

    return build_one


def _evaluator(inputs: Path, **chosen: Any) -> Callable[[Path], dict[str, Any]]:
    options = Options(inputs=inputs, node_modules=NODE_MODULES, pace=PACE, **chosen)
    return lambda built: asyncio.run(variants.evaluate(built, options, lambda _: None))
