"""Inputs from a folder of pictures, and what the model must be like for that."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from collector.variant_folder import TensorSpec
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.inputs.inputs import MAX_INPUTS, Array, Scale, dtype_of

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".avif"})
MAX_PICTURE_BYTES = 64 * 2**20


class Picture(NamedTuple):
    """How a model takes pictures. ``channels_first`` is PyTorch's order, as ONNX models have."""

    port: TensorSpec
    height: int
    width: int
    channels: int
    channels_first: bool


def picture_files(folder: Path) -> list[Path]:
    """The folder's pictures by name.

    Raises:
        EvaluateError: there are none, too many, or one is too large.
    """
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not found:
        raise EvaluateError(f"{folder} holds no picture ({', '.join(sorted(SUFFIXES))})")
    if len(found) > MAX_INPUTS:
        raise EvaluateError(
            f"{folder} holds {len(found):,} pictures; at most {MAX_INPUTS:,} can be evaluated"
        )
    for path in found:
        if path.stat().st_size > MAX_PICTURE_BYTES:
            raise EvaluateError(f"{path} is larger than {MAX_PICTURE_BYTES:,} bytes: make it smaller")
    return found


def picture_of(ports: Sequence[TensorSpec]) -> Picture:
    """How the model takes a picture.

    Raises:
        EvaluateError: it does not take exactly one picture of a fixed size.
    """
    if len(ports) == 1 and len(ports[0].dimensions) == 4:
        _, *rest = ports[0].dimensions
        for channels_first in (False, True):
            channels, sides = (rest[0], rest[1:]) if channels_first else (rest[2], rest[:2])
            height, width = sides
            if channels in (1, 3) and height and width:
                return Picture(ports[0], height, width, channels, channels_first)
    raise EvaluateError(
        "a folder of pictures fits a model with one input of shape [1, height, width, 3 or 1] or "
        "[1, 3 or 1, height, width]; for this one give an .npz or a script"
    )


def as_sample(pixels: bytes, picture: Picture, scale: Scale) -> dict[str, Array]:
    """Pixels (rows of red, green, blue bytes) as the model's input."""
    dtype = np.dtype(dtype_of(picture.port))
    colours: Array = (
        np.frombuffer(pixels, np.uint8).reshape(picture.height, picture.width, 3).astype(np.float32)
    )
    if picture.channels == 1:  # luma of ITU-R BT.601, as browsers' grayscale filters have
        colours = np.tensordot(colours, np.array([0.299, 0.587, 0.114], np.float32), 1)[..., np.newaxis]
    if scale == "0..1":
        colours = colours / 255
    elif scale == "-1..1":
        colours = colours / 127.5 - 1
    if picture.channels_first:
        colours = colours.transpose(2, 0, 1)
    return {picture.port.name: np.ascontiguousarray(colours[np.newaxis], dtype=dtype)}
