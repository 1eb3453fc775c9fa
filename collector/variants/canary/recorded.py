"""DIR/canary.json: a recorded canary, with the files and the input that it is of, and what speaks for it."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from collector.contract.canary import RecordedCanary
from collector.contract.wire_model import Name
from collector.variants.evaluate.errors import EvaluateError

FORMAT: Literal["inferfleet-canary-1"] = "inferfleet-canary-1"
FILE = "canary.json"
INPUT = "canary_input.bin"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ReferenceInput(_Part):
    """What the model is run on. ``made``: by the formula, in the range ``scale``. ``given``: by the user, as
    the bytes of ``canary_input.bin``, whose hash is ``sha256``."""

    kind: Literal["made", "given"]
    scale: str | None = None
    sha256: str | None = None
    shapes: dict[str, list[int]]


class Evidence(_Part):
    """What speaks for a canary.

    ``caught``: how many tolerances the answer of each wrong backend is away (null: it is not finite).
    ``tolerances``: of each output's largest value, the widest of any variant.
    """

    engine: str
    engine_version: str
    chromium: int
    agreeing: list[str]
    caught: dict[str, float | None]
    tolerances: list[float]
    half_floats: bool
    """Whether the tolerance was measured with half floats, too."""


class Recording(_Part):
    """All that one run of the command found."""

    format: Literal["inferfleet-canary-1"] = FORMAT
    model: Name
    engine: str
    canary: RecordedCanary
    contents: dict[Name, str]
    """Variant, as the fleet calls it -> content id of the files that the canary is of."""
    input: ReferenceInput
    values: int
    """The most values that a page picks."""
    evidence: Evidence
    warnings: list[str] = Field(default=[])


def make_id(source: str, given: ReferenceInput, values: int) -> str:
    """Names a canary by its model, input and choice of values: the same always have the same id."""
    what: dict[str, Any] = {"source": source, "input": given.model_dump(mode="json"), "values": values}
    text = json.dumps(what, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write_recording(folder: Path, recording: Recording, given: bytes | None) -> None:
    """Writes canary.json, and first the input of the user's that it names. Whole files or none.

    Raises:
        EvaluateError: a file cannot be written.
    """
    if given is not None:
        _write(folder / INPUT, given)
    text = json.dumps(recording.model_dump(mode="json"), indent=1, sort_keys=True)
    _write(folder / FILE, f"{text}\n".encode())


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise EvaluateError(f"cannot write {path}: {error.strerror}") from error
