"""What an app makes of BlazeFace's raw outputs: faces. Run by ``inferfleet variants evaluate --postprocess``.

The model looks at 896 places (anchors) of a picture of 256 x 256: two at each point of a grid of 16 x 16, six
at each of 8 x 8. For each it gives a score and 16 numbers. The first two are the centre of a box, from the
anchor's, the next two its sides, in pixels. (Bazarevsky et al., BlazeFace, 2019.)
"""

import numpy as np

SIDE = 256
GRIDS = ((16, 2), (8, 6))
SCORE = 0.5
OVERLAP = 0.3


def anchors() -> np.ndarray:
    """The centres of the 896 anchors, x and y in pixels."""
    found = []
    for cells, each in GRIDS:
        centres = (np.arange(cells) + 0.5) * SIDE / cells
        y, x = np.meshgrid(centres, centres, indexing="ij")
        found.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0))
    return np.concatenate(found)


def postprocess(outputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Faces of a score of at least 0.5: ``boxes`` (n x 4: left, top, right, bottom) and ``scores`` (n)."""
    rows = {array.shape[1:]: array[0].astype(np.float64) for array in outputs.values()}
    sizes = [cells * cells * each for cells, each in GRIDS]
    raw = np.concatenate([rows[size, 1] for size in sizes]).ravel()
    places = np.concatenate([rows[size, 16] for size in sizes])
    scores = 1 / (1 + np.exp(-np.clip(raw, -100, 100)))
    centres, sides = anchors() + places[:, :2], np.abs(places[:, 2:4])
    boxes = np.concatenate([centres - sides / 2, centres + sides / 2], axis=1)
    kept: list[int] = []
    for at in np.argsort(-scores, kind="stable").tolist():
        if scores[at] < SCORE:
            break
        if all(overlap(boxes[at], boxes[other]) <= OVERLAP for other in kept):
            kept.append(at)
    return {"boxes": boxes[kept], "scores": scores[kept]}


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union."""
    common = np.prod(np.clip(np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0, None))
    areas = np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2])
    return float(common / (areas - common))
