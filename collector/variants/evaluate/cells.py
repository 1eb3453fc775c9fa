"""Measures cells: each variant on each backend, one at a time, in one Chromium."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from collector.variant_folder import BuiltVariant, BuiltVariants
from collector.variants.evaluate.agreement import Array
from collector.variants.evaluate.carry import Carry
from collector.variants.evaluate.chromium import Chromium
from collector.variants.evaluate.engine import Backend, Engine
from collector.variants.evaluate.gates import Refusal
from collector.variants.evaluate.inputs import Inputs
from collector.variants.evaluate.lab import PAGES, Call, CellFailed, Lab
from collector.variants.evaluate.precision import settled
from collector.variants.evaluate.server import Server

LEAST_PREDICTIONS = 3
"""The first, which compiles, and two more: fewer say nothing of a leak."""

QUICK_S = 1.0
"""So long a cell makes all samples and timed predictions; after that, those that a comparison needs."""

SLOWEST_FIRST = ("webgpu", "webgl", "cpu", "wasm")
"""The order of backends, by what they take in software: the slowest says how many samples are compared."""

RELOADED = "cpu"
"""Its kernels are JavaScript, whose speed depends on what a page ran before: after about ten predictions
BlazeFace takes 740 ms, not 460. Each variant gets a page just loaded, or later ones would look slower."""

MOST_TOGETHER = 32
MOST_BYTES = 8 * 2**20
"""Inputs that one call predicts where nothing is timed, and about as many bytes of outputs."""


class Progress(NamedTuple):
    """For a progress bar: cells that are done, of how many, and what is being done."""

    cells: int
    of: int
    doing: str


Watch = Callable[[Progress], None]


@dataclass(slots=True)
class Cell:
    """What was measured of one variant on one backend. ``outputs[i]`` is of the i-th input, without gaps.

    ``names`` are the engine's for the outputs.
    """

    variant: str
    backend: str
    reason: Refusal | None = None
    message: str = ""
    load_ms: float | None = None
    requests: int | None = None
    first_ms: float | None = None
    first_from: str | None = None
    ready_ms: list[float] = field(default_factory=list)
    tensors_loaded: int | None = None
    tensor_bytes: int | None = None
    tensors: list[int] = field(default_factory=list)
    heap_peak_bytes: int | None = None
    names: list[str] = field(default_factory=list)
    outputs: list[list[Array]] = field(default_factory=list)

    def fail(self, failed: CellFailed) -> None:
        """The cell ends here."""
        self.reason, self.message = failed.reason, failed.message


class Pace(NamedTuple):
    """Warm predictions to time, seconds that a cell has after its load, and seconds before a step hangs.

    A cell that is slow ends earlier when its p75 is known ``within`` this share; 0 for never.
    """

    runs: int = 10
    cell_s: float = 5.0
    limit_s: float = 60.0
    within: float = 0.1


class Subject(NamedTuple):
    """What is measured. The tables are by variant.

    Variants of one graph share compiled programs; those that are unfit are not run.
    """

    folder: Path
    built: BuiltVariants
    inputs: Inputs
    graphs: dict[str, str]
    formats: dict[str, str]
    unfit: dict[str, tuple[Refusal, str]]
    carries: tuple[Carry, ...] = ()


class Rig(NamedTuple):
    """What cells are measured with. With labels, each sample counts for a cell's own accuracy."""

    chromium: Chromium
    server: Server
    subject: Subject
    engine: Engine
    pace: Pace
    labelled: bool = False


class Measured(NamedTuple):
    """All cells by (variant, backend), and what each backend is on this machine."""

    cells: dict[tuple[str, str], Cell]
    runs_as: dict[str, str]


def serve(rig: Rig) -> None:
    """Lets the server have all that the cells will ask for."""
    server, subject, engine = rig.server, rig.subject, rig.engine
    server.add({f"page/{path.name}": path for path in PAGES.glob("*.js")})
    server.add(engine.files)
    for variant in subject.built.variants:
        server.add({f"variants/{file.path}": subject.folder / file.path for file in variant.files})
    for at, sample in enumerate(subject.inputs.samples):
        arrays = [sample[name] for name in subject.inputs.samples[0] if name in sample]  # as in _ports
        server.add({f"inputs/{at}": b"".join(_padded(array) for array in arrays)})


async def measure(rig: Rig, watch: Watch) -> Measured:
    """Measures every cell. A cell that fails is a result, and the next one begins in a new page."""
    cells: dict[tuple[str, str], Cell] = {}
    runs_as: dict[str, str] = {}
    variants = rig.subject.built.ordered
    count, samples = len(variants) * len(rig.engine.backends), len(rig.subject.inputs.samples)
    bench = _Bench(rig)
    for backend in sorted(rig.engine.backends, key=lambda backend: SLOWEST_FIRST.index(backend.name)):
        for variant in variants:
            watch(Progress(len(cells), count, f"{variant.name} on {backend.name}"))
            least = samples if rig.labelled else worth_running(cells, variant.name, samples)
            cells[variant.name, backend.name] = await bench.measure(variant, backend, least)
            if bench.lab is not None:
                runs_as[backend.name] = bench.lab.runs_as
        await bench.leave()
    names = [backend.name for backend in rig.engine.backends]
    return Measured({(one.name, name): cells[one.name, name] for name in names for one in variants}, runs_as)


def worth_running(cells: Mapping[tuple[str, str], Cell], variant: str, samples: int) -> int:
    """How many samples to predict: one that another backend had no time for is compared with nothing."""
    others = (cell for (name, _), cell in cells.items() if name == variant and cell.reason is None)
    return min([samples, *(len(cell.outputs) for cell in others)])


async def complete(
    rig: Rig, watch: Watch, cells: Sequence[Cell], upto: int | None = None, *, before: int = 0
) -> None:
    """Predicts, for cells of one backend, the inputs that they left out, or the first ``upto``. Untimed.

    ``before`` counts the cells that were done before, measured or completed: progress goes on from there.
    """
    bench = _Bench(rig)
    backends = {backend.name: backend for backend in rig.engine.backends}
    variants = {variant.name: variant for variant in rig.subject.built.variants}
    samples = len(rig.subject.inputs.samples)
    for at, cell in enumerate(cells):
        told = f"{cell.variant} on {cell.backend}, all inputs"
        watch(Progress(before + at, before + len(cells), told))
        await bench.finish(
            variants[cell.variant], backends[cell.backend], cell, min(samples, upto or samples)
        )
    await bench.leave()


class _Bench:
    """The page in use, kept from cell to cell while backend and graph stay the same and nothing fails."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.lab: Lab | None = None
        self._for: tuple[str, str] | None = None
        self._compiled: Cell | None = None

    async def measure(self, variant: BuiltVariant, backend: Backend, least: int) -> Cell:
        """A new cell, with outputs of ``least`` samples if there is time for them."""
        cell = Cell(variant.name, backend.name)
        if unfit := self._rig.subject.unfit.get(variant.name):
            cell.reason, cell.message = unfit
            return cell
        try:
            used = self.lab
            lab = await self._lab(variant, backend)
            if lab is used and backend.name == RELOADED:
                await lab.start(self._rig.engine, backend)
            await self._measure(lab, cell, variant, least)
            await lab.unload()
        except CellFailed as failed:
            cell.fail(failed)
            await self.leave()
        return cell

    async def finish(self, variant: BuiltVariant, backend: Backend, cell: Cell, samples: int) -> None:
        try:
            lab = await self._lab(variant, backend)
            await lab.load(f"variants/{variant.entry}", self._rig.subject.formats[variant.name])
            size = sum(one.nbytes for one in cell.outputs[0])
            together = max(1, min(MOST_TOGETHER, MOST_BYTES // (size or 1)))
            if (done := len(cell.outputs)) < samples:
                # The model was loaded anew, and what it carried is gone: from the beginning of the sequence.
                starts = self._rig.subject.inputs.starts
                del cell.outputs[max((at for at in starts if at <= done), default=done) :]
            while (at := len(cell.outputs)) < samples:
                some = range(at, min(at + together, samples))
                cell.outputs += await lab.outputs([self._call(number) for number in some])
            await lab.unload()
        except CellFailed as failed:
            cell.fail(failed)
            await self.leave()

    async def leave(self) -> None:
        """Closes the page."""
        if self.lab is not None:
            await self.lab.close(self._rig.chromium)
        self.lab = self._compiled = self._for = None

    async def _lab(self, variant: BuiltVariant, backend: Backend) -> Lab:
        use = (backend.name, self._rig.subject.graphs[variant.name])
        if self.lab is None or self._for != use:
            await self.leave()
            rig = self._rig
            self.lab = await Lab.open(rig.chromium, rig.server, rig.engine, backend, rig.pace.limit_s)
            self._for = use
        return self.lab

    async def _measure(self, lab: Lab, cell: Cell, variant: BuiltVariant, least: int) -> None:
        loaded = await lab.load(f"variants/{variant.entry}", self._rig.subject.formats[variant.name])
        cell.load_ms, cell.requests = loaded.load_ms, loaded.requests
        cell.tensors_loaded, cell.tensor_bytes = loaded.tensors, loaded.tensor_bytes
        cell.heap_peak_bytes = loaded.heap_bytes
        samples = len(self._rig.subject.inputs.samples)
        began = time.monotonic()
        done = 0
        while done < LEAST_PREDICTIONS or self._wanted(cell, least, time.monotonic() - began):
            made = await self._predict(lab, done % samples)
            cell.names = made.names
            if done == 0:
                self._note_first(cell, made.ready_ms)
            else:
                cell.ready_ms.append(made.ready_ms)
            if done < samples:
                cell.outputs.append(made.outputs)
            if made.tensors is not None:
                cell.tensors.append(made.tensors)
            cell.heap_peak_bytes = max(cell.heap_peak_bytes, made.heap_bytes)
            done += 1

    def _wanted(self, cell: Cell, least: int, seconds: float) -> bool:
        """Whether a cell that has worked for so long makes another prediction."""
        pace, samples = self._rig.pace, len(self._rig.subject.inputs.samples)
        if seconds < QUICK_S:
            least = samples
        timed = len(cell.ready_ms) >= pace.runs or (seconds > QUICK_S and settled(cell.ready_ms, pace.within))
        return seconds < pace.cell_s and (len(cell.outputs) < least or not timed)

    def _note_first(self, cell: Cell, ready_ms: float) -> None:
        """A later variant of a graph finds its programs compiled: no visitor has such a first result."""
        if self._compiled is None:
            self._compiled = cell
            cell.first_ms = ready_ms
        else:
            cell.first_ms, cell.first_from = self._compiled.first_ms, self._compiled.variant

    async def _predict(self, lab: Lab, at: int) -> Any:
        return await lab.predict(self._call(at))

    def _call(self, at: int) -> Call:
        subject = self._rig.subject
        carry = [(each.output.name, each.output.at, each.input.name) for each in subject.carries]
        return Call(f"inputs/{at}", _ports(subject, at), carry)


def _ports(subject: Subject, at: int) -> list[dict[str, Any]]:
    """Where each input lies in the bytes of a sample; ``length`` counts elements.

    Inputs that the sample leaves out are what the call before left, as the model declares them.
    """
    held = {carry.input.name: carry.input for carry in subject.carries}
    whole, sample = subject.inputs.samples[0], subject.inputs.samples[at]
    offset, ports = 0, list[dict[str, Any]]()
    for name in whole:  # in the model's order, which the layers of TensorFlow.js go by
        if name not in sample:
            spec = held[name]
            ports.append({"name": name, "held": True, "dtype": spec.dtype, "shape": list(spec.dimensions)})
            continue
        array = sample[name]
        ports.append(
            {
                "name": name,
                "dtype": array.dtype.name,
                "shape": list(array.shape),
                "offset": offset,
                "length": array.size,
            }
        )
        offset += len(_padded(array))
    return ports


def _padded(array: Array) -> bytes:
    """Typed arrays of JavaScript begin at multiples of their element's size: 8 fits all."""
    data = array.tobytes()
    return data + b"\0" * (-len(data) % 8)
