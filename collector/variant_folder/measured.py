"""``evaluation.json``: what was measured of a folder's variants, as far as a registration needs it."""

from pathlib import Path

from pydantic import Field

from collector.contract.wire_model import Name
from collector.variant_folder.built import Sha256
from collector.variant_folder.documents import Part, read_document

MEASURED = "evaluation.json"
FORMAT = "inferfleet-evaluation-1"
WRONG = "wrong_backend"
"""Why an evaluation refuses a backend that computes something else than the others."""


class MeasuredCell(Part):
    """How a variant fared on one backend."""

    backend: str
    accepted: bool
    refused_by: list[str] = Field(default_factory=list)


class MeasuredAccuracy(Part):
    """Accuracy on labelled inputs, as a share of them."""

    top1: float
    samples: int


class MeasuredError(Part):
    """How far a variant is from the source. ``top1``: share of inputs with the same first class."""

    top1: float | None = None


class MeasuredVariant(Part):
    """What was measured of one variant. Without labels there is no accuracy."""

    name: Name
    id: Sha256
    accuracy: MeasuredAccuracy | None = None
    error: MeasuredError | None = None
    accepted: bool | None = None
    refused_by: list[str] = Field(default_factory=list)
    cells: list[MeasuredCell] = Field(default_factory=list, max_length=64)


class Evaluation(Part):
    """The whole document."""

    format: str
    model: Name
    variants: list[MeasuredVariant] = Field(max_length=64)


def read_evaluation(path: Path) -> Evaluation:
    """What was measured.

    Raises:
        BadFile: it is not there, too large, not of this format, or does not fit it.
    """
    return read_document(path, Evaluation, FORMAT)
