"""From what was measured to what is accepted. Pure, but for an app's post-processing, which is given."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from collector.variant_folder import SOURCE
from collector.variants.evaluate.accuracy import Accuracy, Loss, hits, loss, measure
from collector.variants.evaluate.agreement import FLOOR, Judgement, Outputs, distance
from collector.variants.evaluate.carry import pick
from collector.variants.evaluate.cells import Cell
from collector.variants.evaluate.difference import Difference, Task, classes, compare
from collector.variants.evaluate.drift import judge_sequences
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.gates import Limits, Refusal, accuracy_gate, agreement_gate, leaks

Cells = Mapping[tuple[str, str], Cell]
Read = Callable[[Outputs], Outputs]
"""What an app makes of a model's outputs: its post-processing."""


class CellVerdict(NamedTuple):
    """``error`` is the backend's own: its distance from what agreeing backends compute for this variant."""

    error: float | None
    accuracy: Accuracy | None
    refused_by: tuple[Refusal, ...]


class VariantVerdict(NamedTuple):
    """``difference`` is the variant's own error: source and variant are both from ``base``, which agrees."""

    base: str | None
    difference: Difference | None
    accuracy: Accuracy | None
    loss: Loss | None
    cells: dict[str, CellVerdict]
    refused_by: tuple[Refusal, ...]
    warnings: tuple[str, ...]


def judge_source(cells: Cells, referee: str, starts: Sequence[int] = ()) -> Judgement:
    """Which backends are right, by what they make of the source.

    Args:
        cells: what was measured.
        referee: who is right when no majority is.
        starts: the samples that begin a sequence, when outputs are carried.

    Raises:
        EvaluateError: the source runs nowhere.
    """
    outputs = _outputs(cells, SOURCE)
    if not outputs:
        said = "; ".join(
            f"{cell.backend}: {cell.message}" for (name, _), cell in cells.items() if name == SOURCE
        )
        raise EvaluateError(
            f"the source runs on no backend, so that there is nothing to compare with: {said}"
        )
    return judge_sequences(outputs, referee, starts)


def by_speed(cells: Cells, names: Sequence[str]) -> list[str]:
    """Backends, the one that predicts the source fastest first."""
    return sorted(names, key=lambda name: float(np.median(cells[SOURCE, name].ready_ms or [np.inf])))


def decide(
    variant: str,
    cells: Cells,
    source: Judgement,
    *,
    task: Task,
    limits: Limits,
    referee: str,
    labels: Sequence[int] | None,
    places: Sequence[int] | None = None,
    starts: Sequence[int] = (),
    read: Read | None = None,
) -> VariantVerdict:
    """The verdict on a variant and on each of its cells.

    Backends are judged by all outputs, the variant by those at ``places`` (None: all), or by what ``read``
    makes of all. ``starts`` are as in ``judge_source``.
    """
    outputs = _outputs(cells, variant)
    reasons = {
        cell.backend: _own_reasons(cell, cells) for (name, _), cell in cells.items() if name == variant
    }
    # Who is wrong on the source is not trusted with this variant, whatever it makes of it.
    for name in source.wrong:
        reasons[name].append("wrong_backend")
    for name in source.not_finite:
        if "not_finite" not in reasons[name]:
            reasons[name].append("not_finite")
    usable = {
        name: made
        for name, made in outputs.items()
        if name in source.agreeing and "not_finite" not in reasons[name]
    }
    errors: dict[str, float] = {}
    base = None
    if usable:
        own = (
            source
            if variant == SOURCE
            else judge_sequences(usable, referee, starts, floor=max(FLOOR, source.tolerance))
        )
        for name, made in outputs.items():
            errors[name] = distance([made[at] for at in own.samples if at < len(made)], own.reference)
            if name in usable and name not in own.agreeing:
                reasons[name].append("wrong_backend")
        base = by_speed(cells, own.agreeing)[0]
    gate, difference, accuracy, lost, warnings = _variant_gate(
        variant, cells, base, task=task, limits=limits, labels=labels, places=places, read=read
    )
    verdicts = {
        name: CellVerdict(
            errors.get(name), _accuracy(cells[variant, name], labels, places, found), (*found, *gate)
        )
        for name, found in reasons.items()
    }
    refused = list(gate)
    if all(reasons.values()):  # it runs nowhere
        refused += sorted({reason for found in reasons.values() for reason in found} - set(gate))
    return VariantVerdict(base, difference, accuracy, lost, verdicts, tuple(refused), tuple(warnings))


def _variant_gate(
    variant: str,
    cells: Cells,
    base: str | None,
    *,
    task: Task,
    limits: Limits,
    labels: Sequence[int] | None,
    places: Sequence[int] | None,
    read: Read | None,
) -> tuple[list[Refusal], Difference | None, Accuracy | None, Loss | None, list[str]]:
    if base is None:  # no backend has a result that can be used; the cells say why
        return [], None, None, None, []
    ours, theirs = pick(cells[variant, base].outputs, places), pick(cells[SOURCE, base].outputs, places)
    count = min(len(ours), len(theirs))
    finite = [at for at in range(count) if _finite(theirs[at])]
    if not finite:
        return ["not_finite"], None, None, None, []
    mine, reference = ([made[at] for at in finite] for made in (ours, theirs))
    try:
        if read is None:
            difference = compare(mine, reference, task)
        else:
            difference = compare(read(mine), read(reference), task, postprocessed=True)
    except EvaluateError as error:
        if variant == SOURCE:
            raise
        return ["agreement"], None, None, None, [str(error)]
    if labels is None:
        return agreement_gate(difference, task, limits), difference, None, None, []
    accuracy, source = measure(classes(ours), labels), measure(classes(theirs), labels)
    lost = loss(hits(classes(theirs[:count]), labels), hits(classes(ours[:count]), labels))
    warnings = []
    if variant != SOURCE and lost.top1 <= limits.accuracy_loss < lost.high:
        warnings.append(
            f"{lost.samples} labelled inputs cannot show that the loss is at most {limits.accuracy_loss:g}: "
            f"it may be up to {lost.high:.3f}"
        )
    return accuracy_gate(source.top1, accuracy.top1, limits), difference, accuracy, lost, warnings


def _own_reasons(cell: Cell, cells: Cells) -> list[Refusal]:
    """What refuses a cell whatever others compute."""
    reasons: list[Refusal] = [] if cell.reason is None else [cell.reason]
    source = cells[SOURCE, cell.backend].outputs
    if any(
        not _finite(made) and (cell.variant == SOURCE or at >= len(source) or _finite(source[at]))
        for at, made in enumerate(cell.outputs)
    ) and not (cell.variant == SOURCE and _finite_nowhere(cell, cells)):
        reasons.append("not_finite")
    if leaks(cell.tensors):
        reasons.append("leak")
    return reasons


def _finite_nowhere(cell: Cell, cells: Cells) -> bool:
    """Whether other backends are not finite on the same samples either: then it is the model."""
    others = [other.outputs for (name, _), other in cells.items() if name == SOURCE and other is not cell]
    return bool(others) and all(
        _finite(made) or all(not _finite(other[at]) for other in others if at < len(other))
        for at, made in enumerate(cell.outputs)
    )


def _accuracy(
    cell: Cell, labels: Sequence[int] | None, places: Sequence[int] | None, reasons: Sequence[Refusal]
) -> Accuracy | None:
    if labels is None or not cell.outputs or "not_finite" in reasons:
        return None
    return measure(classes(pick(cell.outputs, places)), labels)


def _outputs(cells: Cells, variant: str) -> dict[str, Outputs]:
    return {
        cell.backend: cell.outputs
        for (name, _), cell in cells.items()
        if name == variant and cell.reason is None and cell.outputs
    }


def _finite(sample: Sequence[np.ndarray]) -> bool:
    return all(bool(np.isfinite(array).all()) for array in sample if array.dtype.kind == "f")
