"""Whether what a page found is the face that is there."""

import json
from typing import Any

from examples.demo.programs import ROOT
from examples.demo.visits import Visit

PHOTO_FACE: dict[str, float] = json.loads(
    (ROOT / "examples/face_detection/public/photo/astronaut.face.json").read_text()
)
"""Where the photo's one face is, in shares of the photo; drawn by a person (public/photo/SOURCE.md)."""
MIN_OVERLAP = 0.5
"""The usual bar of object detection (PASCAL VOC)."""


def overlap(a: dict[str, float], b: dict[str, float]) -> float:
    """Intersection over union of two boxes with ``x``, ``y``, ``width`` and ``height``."""
    width = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
    height = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a["width"] * a["height"] + b["width"] * b["height"] - shared)


def true_faces(visit: Visit) -> int:
    """Boxes of the last prediction that lie on the face; 0 when an earlier prediction had missed it."""
    if visit.result["predictions_with_face"] < visit.result["predictions"]:
        return 0
    faces: list[dict[str, Any]] = visit.result["faces"]
    return sum(overlap(face["box"], PHOTO_FACE) >= MIN_OVERLAP for face in faces)


def false_faces(visit: Visit) -> int:
    """Boxes of the last prediction that do not."""
    return len(visit.result["faces"]) - true_faces(visit)
