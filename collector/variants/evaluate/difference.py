"""What a variant computes differently from its source: its own error, not a backend's. Pure."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from collector.variants.evaluate.agreement import Array, Outputs
from collector.variants.evaluate.detections import best_overlaps, find_boxes, pair
from collector.variants.evaluate.errors import EvaluateError

Task = Literal["regression", "classification", "detection"]


class Difference(NamedTuple):
    """How far a variant's outputs are from the source's.

    ``relative`` is the root mean square of the difference over that of the source, of the worst output: the
    mean of all samples.
    ``cosine`` is the lowest of any sample's output. ``top1`` is the share of samples with the same first
    class, ``iou`` the mean overlap of the best boxes; None where the task has no such thing.
    """

    samples: int
    max_abs: float
    mean_abs: float
    relative: float
    cosine: float
    top1: float | None = None
    iou: float | None = None


def compare(variant: Outputs, source: Outputs, task: Task, *, postprocessed: bool = False) -> Difference:
    """Compares a variant's outputs with the source's, for the same samples, at least one.

    Detection compares the boxes of the highest scores; after post-processing all boxes, of which there may be
    more or fewer, and the other figures are those of boxes that both have.

    Raises:
        EvaluateError: the outputs differ in number or shape, or are not what the task needs.
    """
    overlaps: list[float] | None = None
    if task == "detection" and postprocessed:
        variant, source, overlaps = pair(variant, source)
    for left, right in zip(variant, source, strict=True):
        if [array.shape for array in left] != [array.shape for array in right]:
            said = ", ".join(str(list(array.shape)) for array in left)
            raise EvaluateError(f"its outputs have other shapes than the source's: {said}")
    if task == "detection" and overlaps is None:
        overlaps = best_overlaps(variant, source)
    pairs = [
        (a.astype(np.float64), b.astype(np.float64))
        for left, right in zip(variant, source, strict=True)
        for a, b in zip(left, right, strict=True)
        if a.size
    ]
    gaps = [np.abs(a - b) for a, b in pairs]
    ports = range(len(source[0]))
    return Difference(
        samples=len(source),
        max_abs=max((float(gap.max()) for gap in gaps), default=0.0),
        mean_abs=float(np.mean(np.concatenate([gap.ravel() for gap in gaps]))) if gaps else 0.0,
        relative=max(
            _relative([sample[port] for sample in variant], [sample[port] for sample in source])
            for port in ports
        ),
        cosine=min((_cosine(a, b) for a, b in pairs), default=1.0),
        top1=_top1(variant, source) if task == "classification" else None,
        iou=None if overlaps is None else float(np.mean(overlaps)),
    )


def guess_task(source: Outputs) -> Task:
    """Classification where the output is a distribution, detection where boxes and scores come out."""
    shapes = [array.shape for array in source[0]]
    if len(shapes) == 1 and len(shapes[0]) == 2 and shapes[0][1] >= 2:
        values = np.concatenate([sample[0].astype(np.float64) for sample in source])
        if (values >= 0).all() and np.allclose(values.sum(axis=1), 1, atol=1e-3):
            return "classification"
    return "detection" if find_boxes(source[0]) is not None else "regression"


def classes(outputs: Outputs) -> list[Array]:
    """The scores over classes of each sample.

    Raises:
        EvaluateError: the model does not have exactly one output with classes in its last dimension.
    """
    floats = [array for array in outputs[0] if array.dtype.kind == "f"]
    if len(floats) != 1 or floats[0].size < 2:
        raise EvaluateError(
            "classification needs a model with one output of scores over classes; this one has "
            f"{len(floats)}: choose another --task"
        )
    return [next(array for array in sample if array.dtype.kind == "f").ravel() for sample in outputs]


def _relative(variant: Sequence[Array], source: Sequence[Array]) -> float:
    """Sample by sample, so that one of large values does not drown the others."""
    shares = []
    for a, b in zip(variant, source, strict=True):
        size = float(np.sqrt(np.mean(np.square(b, dtype=np.float64)))) if b.size else 0.0
        error = float(np.sqrt(np.mean((a.astype(np.float64) - b) ** 2))) if b.size else 0.0
        shares.append(error / size if size > 0 else (0.0 if error == 0 else float("inf")))
    return float(np.mean(shares))


def _cosine(a: Array, b: Array) -> float:
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    if lengths == 0:
        return 1.0 if np.array_equal(a, b) else 0.0
    return float(np.clip(np.vdot(a, b) / lengths, -1, 1))


def _top1(variant: Outputs, source: Outputs) -> float:
    same = [
        int(a.argmax()) == int(b.argmax()) for a, b in zip(classes(variant), classes(source), strict=True)
    ]
    return float(np.mean(same))
