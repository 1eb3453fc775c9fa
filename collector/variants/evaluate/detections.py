"""Boxes that a detector finds, compared. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from collector.variants.evaluate.agreement import Array, Outputs
from collector.variants.evaluate.errors import EvaluateError


class Pairs(NamedTuple):
    """Detections that belong together.

    Attributes:
        variant: of each sample the rows that have a partner, in the order of ``source``.
        source: of each sample the rows that have a partner, the highest score first.
        overlap: of each sample the mean overlap, in which a detection without a partner counts as 0.
    """

    variant: list[list[Array]]
    source: list[list[Array]]
    overlap: list[float]


def find_boxes(sample: Sequence[Array]) -> tuple[int, int] | None:
    """Which of the outputs are the boxes (n x 4) and their scores (n)."""
    for at, array in enumerate(sample):
        if array.ndim >= 2 and array.shape[-1] == 4 and array.dtype.kind == "f":
            count = array.size // 4
            for other, scores in enumerate(sample):
                if other != at and scores.size == count and scores.dtype.kind == "f":
                    return at, other
    return None


def best_overlaps(variant: Outputs, source: Outputs) -> list[float]:
    """Of each sample, how far the boxes of the highest scores overlap: 0 to 1.

    Raises:
        EvaluateError: there are no boxes and scores.
    """
    return [_overlap(_best_box(left), _best_box(right)) for left, right in zip(variant, source, strict=True)]


def pair(variant: Outputs, source: Outputs) -> Pairs:
    """Gives each box of the source, the highest score first, the box of the variant that overlaps it most.

    For detections as an app reads them, after non-maximum suppression. No boxes on both sides agree.

    Raises:
        EvaluateError: there are no boxes and scores, or an output has not as many rows as there are boxes.
    """
    pairs = Pairs([], [], [])
    for left, right in zip(variant, source, strict=True):
        ours, _ = _detections(left)
        theirs, scores = _detections(right)
        free = list(range(len(ours)))
        taken: list[tuple[int, int]] = []
        overlaps: list[float] = []
        for row in np.argsort(-scores, kind="stable").tolist():
            best = max(free, key=lambda at, row=row: _overlap(ours[at], theirs[row]), default=None)  # type: ignore[misc]
            overlap = 0.0 if best is None else _overlap(ours[best], theirs[row])
            if best is not None and overlap > 0:
                free.remove(best)
                taken.append((best, row))
                overlaps.append(overlap)
        pairs.variant.append(_rows(left, [ours_row for ours_row, _ in taken], len(ours)))
        pairs.source.append(_rows(right, [row for _, row in taken], len(theirs)))
        most = max(len(ours), len(theirs))
        pairs.overlap.append(sum(overlaps) / most if most else 1.0)
    return pairs


def _detections(sample: Sequence[Array]) -> tuple[Array, Array]:
    found = find_boxes(sample)
    if found is None:
        raise EvaluateError(
            "detection needs an output of boxes (its last dimension is 4) and one of as many scores: choose "
            "another --task"
        )
    return sample[found[0]].reshape(-1, 4), sample[found[1]].ravel()


def _best_box(sample: Sequence[Array]) -> Array:
    boxes, scores = _detections(sample)
    return boxes[int(scores.argmax())] if len(boxes) else np.zeros(4)


def _rows(sample: Sequence[Array], rows: Sequence[int], count: int) -> list[Array]:
    if any(len(np.atleast_1d(array)) != count for array in sample):
        raise EvaluateError(
            "what postprocess() returns has not as many rows as boxes: return boxes (n x 4), scores (n) and "
            "arrays with a row for each box"
        )
    return [array[list(rows)] for array in sample]


def _overlap(one: Array, other: Array) -> float:
    """Intersection over union of two boxes given by opposite corners, x and y in any order."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    common = float(np.prod(np.clip(sides, 0, None)))
    areas = [float(np.prod(np.clip(box[2:] - box[:2], 0, None))) for box in (one, other)]
    union = sum(areas) - common
    return common / union if union > 0 else float(np.array_equal(one, other))
