"""What is asked for, as one JSON document on standard input."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Request:
    """One run of the tool.

    Attributes:
        model: the source: a file, or the folder of a SavedModel.
        to: the folder that will hold the variants.
        name: the model's name, as pages give it.
        only: names of the variants to build; empty for all. ``source`` is always built.
        keep_float: globs of weights that stay float32 in every variant.
        shard_bytes: the largest file of weights of a TensorFlow.js model.
        short_names: whether inner nodes of a TensorFlow.js model get short names.
    """

    model: Path
    to: Path
    name: str
    only: tuple[str, ...]
    keep_float: tuple[str, ...]
    shard_bytes: int
    short_names: bool


def read_request(text: str) -> Request:
    """The request; the command has checked it already, so that a mistake in it is a mistake of ours."""
    given = json.loads(text)
    return Request(
        model=Path(given["model"]),
        to=Path(given["to"]),
        name=given["name"],
        only=tuple(given["only"]),
        keep_float=tuple(given["keep_float"]),
        shard_bytes=given["shard_bytes"],
        short_names=given["short_names"],
    )
