"""The whole way: folder, evaluation, reference input, answers of every backend, canary."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from collector.contract.canary import MOST_VALUES, RecordedCanary
from collector.contract.vocabulary import ORIGINAL
from collector.variant_folder import SOURCE, BuiltVariants, TensorSpec
from collector.variants.canary.evaluated import read_evaluated
from collector.variants.canary.judging import make_canary
from collector.variants.canary.recorded import (
    Evidence,
    Recording,
    ReferenceInput,
    make_id,
    write_recording,
)
from collector.variants.canary.reference_input import made_input
from collector.variants.canary.right import Observed
from collector.variants.evaluate.agreement import Array
from collector.variants.evaluate.cells import Cell, Pace, Rig, Watch, measure, serve
from collector.variants.evaluate.chromium import Chromium, Gpu, driver
from collector.variants.evaluate.engine import REFEREES, Backend, find_engine, find_node_modules
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.evaluation import make_subject
from collector.variants.evaluate.inputs import Inputs, Scale, read_npz, run_script
from collector.variants.evaluate.inputs.folder import SUFFIXES
from collector.variants.evaluate.pictures import decode_pictures
from collector.variants.evaluate.server import Server
from collector.variants.evaluate.subjects import read_subjects, source_of

VALUES = 32
"""What a canary holds unless more are asked for; a page's default is the same."""
HALF_FLOATS = Path(__file__).with_name("page") / "half_floats.js"


class Options(NamedTuple):
    """What a caller may choose; the defaults are the command's."""

    given: Path | None = None
    """The user's own reference input; None: the made one."""
    scale: Scale = "0..1"
    values: int = VALUES
    node_modules: Path | None = None
    backends: Sequence[str] | None = None
    limit_s: float = 60.0
    gpu: Gpu = "software"


async def record(folder: Path, options: Options, watch: Watch) -> Recording:
    """Records a canary for the accepted variants of a folder, and writes its canary.json.

    Raises:
        EvaluateError: a file, the input or the machine is not as it must be, or no canary would keep its
            promises; nothing is written.
    """
    if not 1 <= options.values <= MOST_VALUES:
        raise EvaluateError(f"a canary holds 1 to {MOST_VALUES} values: choose --values among them")
    built = read_subjects(folder)
    evaluated = read_evaluated(folder, built)
    built = built.model_copy(
        update={"variants": [each for each in built.ordered if each.name in evaluated.accepted]}
    )
    node_modules = options.node_modules or find_node_modules(Path.cwd(), built.engine)
    engine = find_engine(built.engine, node_modules, options.backends)
    with Server() as server:
        async with driver(options.gpu) as chromium:
            sample = await _reference_input(chromium, server, source_of(built).inputs, options)
            inputs = Inputs("script", ["reference", "blank", "again"], [sample, _blank(sample), sample])
            subject = make_subject(folder, built, inputs)
            if subject.unfit:
                variant, (_, why) = next(iter(subject.unfit.items()))
                raise EvaluateError(f"{variant}: {why}: build and evaluate the variants again")
            rig = Rig(chromium, server, subject, engine, Pace(1, 0.0, options.limit_s))
            serve(rig)
            cells = (await measure(rig, watch)).cells
            half = await _half_floats(rig, watch)
            version = int((await chromium.browser()).version.partition(".")[0])
    if not any(variant == SOURCE and cell.reason is None for (variant, _), cell in cells.items()):
        said = "; ".join(f"{cell.backend}: {cell.message}" for cell in cells.values() if cell.message)
        raise EvaluateError(f"the source runs on no backend: {said}")
    observed = Observed(
        {
            each.name: {
                cell.backend: cell.outputs
                for (name, _), cell in cells.items()
                if name == each.name and cell.reason is None
            }
            for each in built.ordered
        },
        {name: cell.outputs for name, cell in half.items() if cell.reason is None},
        REFEREES[engine.name],
    )
    judged = make_canary(observed, evaluated.wrong, options.values)
    reference, given = _describe(sample, options)
    covered = {name for each in judged.references for name in each.variants}
    recording = Recording(
        model=built.model,
        engine=built.engine,
        canary=RecordedCanary(
            id=make_id(source_of(built).id, reference, options.values), references=judged.references
        ),
        contents={name: each.id for each in built.ordered if (name := _fleet_name(each.name)) in covered},
        input=reference,
        values=options.values,
        evidence=Evidence(
            engine=engine.name,
            engine_version=engine.version,
            chromium=version,
            agreeing=list(judged.agreeing),
            caught={
                name: None if away == float("inf") else float(f"{away:.3g}")
                for name, away in judged.caught.items()
            },
            tolerances=[float(f"{share:.3g}") for share in judged.tolerances],
            half_floats=bool(observed.half),
        ),
        warnings=[*engine.warnings, *judged.warnings, *_doubts(built, observed)],
    )
    write_recording(folder, recording, given)
    return recording


async def _reference_input(
    chromium: Chromium, server: Server, ports: Sequence[TensorSpec], options: Options
) -> dict[str, Array]:
    path = options.given
    if path is None:
        return made_input(ports, options.scale)
    if not path.is_file():
        raise EvaluateError(f"there is no reference input at {path}")
    if path.suffix == ".npz":
        inputs = read_npz(path, ports)
    elif path.suffix == ".py":
        inputs = run_script(path, ports)
    elif path.suffix.lower() in SUFFIXES:
        inputs = await decode_pictures(chromium, server, [path], ports, options.scale)
    else:
        raise EvaluateError(f"--input {path}: give a picture, an .npz or a script that ends in .py")
    if len(inputs.samples) != 1:
        raise EvaluateError(
            f"{path} has {len(inputs.samples)} samples, and a canary has one reference input: give one"
        )
    return inputs.samples[0]


def _blank(sample: dict[str, Array]) -> dict[str, Array]:
    """Zeros in place of the values; what is no float may choose what the model does, as a sample rate."""
    floats = any(array.dtype.kind == "f" for array in sample.values())
    return {
        name: np.zeros_like(array) if array.dtype.kind == "f" or not floats else array
        for name, array in sample.items()
    }


async def _half_floats(rig: Rig, watch: Watch) -> dict[str, Cell]:
    """What WebGL answers with half floats, by variant; nothing where it cannot be had."""
    webgl = next((backend for backend in rig.engine.backends if backend.name == "webgl"), None)
    if webgl is None or rig.engine.name != "tfjs":
        return {}
    script = f"page/{HALF_FLOATS.name}"
    rig.server.add({script: HALF_FLOATS})
    halving = Backend(webgl.name, (*webgl.scripts, script))
    cells = (await measure(rig._replace(engine=rig.engine._replace(backends=(halving,))), watch)).cells
    return {variant: cell for (variant, _), cell in cells.items()}


def _describe(sample: dict[str, Array], options: Options) -> tuple[ReferenceInput, bytes | None]:
    shapes = {name: list(array.shape) for name, array in sample.items()}
    if options.given is None:
        return ReferenceInput(kind="made", scale=options.scale, shapes=shapes), None
    data = pack(sample)
    return ReferenceInput(kind="given", sha256=hashlib.sha256(data).hexdigest(), shapes=shapes), data


def pack(sample: dict[str, Array]) -> bytes:
    """The arrays of a sample, little-endian, one after the other by name, each filled up to 8 bytes."""
    parts = [sample[name].astype(sample[name].dtype.newbyteorder("<")).tobytes() for name in sorted(sample)]
    return b"".join(part + b"\0" * (-len(part) % 8) for part in parts)


def _doubts(built: BuiltVariants, observed: Observed) -> list[str]:
    doubts = [
        f"{variant.name} did not run on {backend}"
        for variant in built.ordered
        for backend in observed.answers[SOURCE]
        if backend not in observed.answers[variant.name]
    ]
    if not observed.half:
        doubts.append(
            "half floats could not be measured with this engine: the tolerance is at least 1 % of an "
            "output's largest value"
        )
    return doubts


def _fleet_name(name: str) -> str:
    return ORIGINAL if name == SOURCE else name
