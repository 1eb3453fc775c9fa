"""JSON that is the same bytes for the same content."""

import json
from pathlib import Path
from typing import Any

from .refusal import Refused

ORDERED = frozenset({"signature", "initializerSignature", "userDefinedMetadata"})
"""Fields of a model.json whose order counts: a page gets the outputs in the order of the signature."""


def canonical_json(value: Any) -> bytes:
    """Keys sorted, but for a model's inputs and outputs; no NaN, which JavaScript cannot read."""
    return json.dumps(_sorted(value), separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: value[key] if key in ORDERED else _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(part) for part in value]
    return value


def read_json(path: Path) -> dict[str, Any]:
    """The object that a file holds.

    Raises:
        Refused: it is no JSON, holds NaN or Infinity, or is no object.
    """

    def constant(name: str) -> Any:
        raise Refused(
            f"{path.name} holds {name}, which no browser can read: convert the model again, from finite "
            "weights"
        )

    try:
        document = json.loads(path.read_bytes(), parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{path.name} is not JSON ({type(error).__name__}): is the download whole?") from error
    if not isinstance(document, dict):
        raise Refused(f"{path.name} is not a model: it holds no JSON object")
    return document
