"""The whole way: manifest, engine, inputs, cells, verdicts, report."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from collector.variant_folder import SOURCE, BuiltVariant, BuiltVariants, TensorSpec
from collector.variants.evaluate.agreement import Judgement
from collector.variants.evaluate.carry import Carry, Output, find_carries, find_outputs, pick
from collector.variants.evaluate.cells import (
    Pace,
    Progress,
    Rig,
    Subject,
    Watch,
    complete,
    measure,
    serve,
)
from collector.variants.evaluate.chromium import Chromium, Gpu, driver
from collector.variants.evaluate.difference import Task, classes, guess_task
from collector.variants.evaluate.engine import REFEREES, find_engine, find_node_modules
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.gates import Limits, Refusal
from collector.variants.evaluate.held_back import held_back
from collector.variants.evaluate.inputs import (
    Inputs,
    Scale,
    begin_sequences,
    picture_files,
    read_npz,
    run_script,
    seeded_inputs,
)
from collector.variants.evaluate.labels import read_labels
from collector.variants.evaluate.pictures import decode_pictures
from collector.variants.evaluate.postprocess import run_postprocess
from collector.variants.evaluate.report import Results, make_report, write_report
from collector.variants.evaluate.server import Server
from collector.variants.evaluate.subjects import Described, damage, describe, read_subjects, source_of
from collector.variants.evaluate.verdicts import Read, by_speed, decide, judge_source


class Options(NamedTuple):
    """What a caller may choose; the defaults are the command's.

    ``carry`` has an ``OUTPUT=INPUT`` for each output that is an input of the next call, ``outputs`` the names
    of those that an app reads (empty: all).
    """

    inputs: Path | None = None
    labels: Path | None = None
    postprocess: Path | None = None
    task: Task | Literal["auto"] = "auto"
    backends: Sequence[str] | None = None
    node_modules: Path | None = None
    scale: Scale = "0..1"
    seed: int = 0
    limits: Limits = Limits()
    pace: Pace = Pace()
    gpu: Gpu = "software"
    carry: Sequence[str] = ()
    outputs: Sequence[str] = ()


async def evaluate(folder: Path, options: Options, watch: Watch) -> dict[str, Any]:
    """Evaluates the variants in a folder, writes its evaluation.json, and returns that.

    Raises:
        EvaluateError: a file, an input or the machine is not as it must be; nothing is written.
    """
    built = read_subjects(folder)
    if options.labels is not None and options.task not in ("auto", "classification"):
        raise EvaluateError(f"--labels are classes: they do not fit --task {options.task}")
    carries = find_carries(options.carry, source_of(built))
    read = find_outputs(options.outputs, source_of(built))
    if options.postprocess is not None:
        _check_postprocess(options.postprocess, options)
    node_modules = options.node_modules or find_node_modules(Path.cwd(), built.engine)
    engine = find_engine(built.engine, node_modules, options.backends)
    with Server() as server:
        async with driver(options.gpu) as chromium:
            inputs = await _read_inputs(chromium, server, built, options, carries)
            labels = None if options.labels is None else read_labels(options.labels, inputs.names)
            subject = make_subject(folder, built, inputs)._replace(carries=carries)
            rig = Rig(chromium, server, subject, engine, options.pace, labels is not None)
            serve(rig)
            report = make_report(await _measure(rig, options, read, labels, watch))
    write_report(report, folder)
    return report


def make_subject(folder: Path, built: BuiltVariants, inputs: Inputs) -> Subject:
    """Verifies all files and reads the models.

    Raises:
        EvaluateError: the source is damaged or is no model.
    """
    unfit: dict[str, tuple[Refusal, str]] = {}
    described: dict[str, Described] = {}
    for variant in built.ordered:
        try:
            damaged = damage(folder, variant)
            if damaged is None:
                described[variant.name] = describe(folder, variant, built.engine)
        except EvaluateError as error:
            damaged = str(error)
        if damaged is not None:
            unfit[variant.name] = ("damaged_files", damaged)
        elif _ports_of(variant, built.engine) != _ports_of(source_of(built), built.engine):
            unfit[variant.name] = ("failed_to_load", "its inputs have other names or types than the source's")
    if SOURCE in unfit:
        raise EvaluateError(f"the source: {unfit[SOURCE][1]}")
    return Subject(
        folder,
        built,
        inputs,
        {name: found.graph for name, found in described.items()},
        {name: found.format for name, found in described.items()},
        unfit,
    )


async def _read_inputs(
    chromium: Chromium, server: Server, built: BuiltVariants, options: Options, carries: Sequence[Carry]
) -> Inputs:
    ports, carried = source_of(built).inputs, {carry.input.name for carry in carries}
    inputs = await _samples(chromium, server, ports, options, carried)
    return begin_sequences(inputs, ports, carried) if carried else inputs


async def _samples(
    chromium: Chromium, server: Server, ports: Sequence[TensorSpec], options: Options, carried: set[str]
) -> Inputs:
    path, given = options.inputs, [port for port in ports if port.name not in carried]
    if path is None:
        if options.labels is not None:
            raise EvaluateError("--labels need the --inputs that they are for")
        return seeded_inputs(given, options.scale, options.seed)
    if path.is_dir():
        return await decode_pictures(chromium, server, picture_files(path), given, options.scale)
    if not path.is_file():
        raise EvaluateError(f"there are no inputs at {path}")
    if path.suffix == ".npz":
        return read_npz(path, ports, carried)
    if path.suffix == ".py":
        return run_script(path, ports, carried)
    raise EvaluateError(f"--inputs {path}: give a folder of pictures, an .npz or a script that ends in .py")


async def _measure(
    rig: Rig, options: Options, read: Sequence[Output], labels: Sequence[int] | None, watch: Watch
) -> Results:
    subject, engine = rig.subject, rig.engine
    referee = REFEREES[engine.name]
    cells, runs_as = await measure(rig, watch)
    done = len(cells)
    source = judge_source(cells, referee, subject.inputs.starts)
    right = cells[SOURCE, source.agreeing[0]]
    places = [output.find(right.names) for output in read] or None
    outputs = pick(right.outputs, places)
    reader = _reader(options.postprocess, source_of(subject.built), right.names)
    task = options.task
    if task == "auto":
        shown = outputs if reader is None else reader(outputs)
        task = "classification" if labels is not None else guess_task(shown)
    if labels is not None:
        scores = classes(outputs)
        if max(labels) >= len(scores[0]):
            raise EvaluateError(
                f"a label is {max(labels)}, and the model has {len(scores[0])} classes from 0"
            )
    if source.wrong or source.not_finite:
        samples = len(subject.inputs.samples)
        for short, upto in held_back(cells, source.agreeing, samples, options.pace.cell_s):
            await complete(rig, watch, short, upto, before=done)
            done += len(short)
    best = by_speed(cells, source.agreeing)[0]
    rest = [
        cell
        for cell in cells.values()
        if cell.backend == best and cell.reason is None and len(cell.outputs) < len(subject.inputs.samples)
    ]
    if rest:
        await complete(rig, watch, rest, before=done)
        done += len(rest)
    verdicts = {
        variant.name: decide(
            variant.name,
            cells,
            source,
            task=task,
            limits=options.limits,
            referee=referee,
            labels=labels,
            places=places,
            starts=subject.inputs.starts,
            read=reader,
        )
        for variant in subject.built.ordered
    }
    watch(Progress(done, done, "done"))
    return Results(
        subject,
        engine,
        int((await rig.chromium.browser()).version.partition(".")[0]),
        runs_as,
        task,
        [output.name for output in read],
        options.limits,
        labels,
        options.postprocess,
        source,
        cells,
        verdicts,
        [*engine.warnings, *subject.inputs.warnings, *_doubts(source, referee)],
    )


def _check_postprocess(path: Path, options: Options) -> None:
    if path.suffix != ".py" or not path.is_file():
        raise EvaluateError(f"--postprocess {path}: give a script that ends in .py and has postprocess()")
    if options.labels is not None:
        raise EvaluateError("--labels are compared with the model's own classes: leave --postprocess out")
    if options.outputs:
        raise EvaluateError("--postprocess says itself what the app reads: leave --outputs out")


def _reader(path: Path | None, source: BuiltVariant, names: Sequence[str]) -> Read | None:
    """``names`` are the engine's; the script is given those of variants.json, where it has them."""
    if path is None:
        return None
    told = [port.name for port in source.outputs]
    if not told or set(told) == set(names):
        told = list(names)
    return lambda outputs: run_postprocess(path, told, outputs)


def _doubts(source: Judgement, referee: str) -> list[str]:
    if source.decided_by == "alone":
        return ["only one backend ran the source: nothing shows whether it computes right"]
    if source.drifts:
        return [
            "backends agree where sequences begin and drift apart later: rounding grows in what is carried. "
            "They are judged by the first two calls of each sequence. Variants are judged by all calls, so "
            "their rounding grows as well: shorter sequences say more"
        ]
    if source.decided_by == "referee":
        return [f"no majority of backends agrees on the source: {referee} is taken to be right"]
    return []


def _ports_of(variant: BuiltVariant, engine: str) -> list[tuple[str, str]]:
    """What a page has to know to feed a variant: TensorFlow.js takes a single input without its name."""
    nameless = engine == "tfjs" and len(variant.inputs) == 1
    return sorted(("" if nameless else port.name, port.dtype or "open") for port in variant.inputs)
