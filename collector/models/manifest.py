"""The files that tools leave beside a model's variants: what was built, measured and published of it.

Only what a registration needs is read; a tool may write more.
"""

from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from collector.contract.config_document import Integrity
from collector.contract.report import Name
from collector.mistakes import sentences
from collector.models.bounded_files import BadFile, read_bytes

BUILT = "inferfleet-variants-1"
EVALUATED = "inferfleet-evaluation-1"
PUBLISHED = "inferfleet-published-1"
MOST_JSON = 8 << 20
"""Bytes of a manifest or an evaluation."""
MOST_FILES = 2000
"""Files of one variant."""
MOST_FILE = 8 << 30
"""Bytes of one file of a variant."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Path_ = Annotated[str, StringConstraints(min_length=1, max_length=500)]
M = TypeVar("M", bound=BaseModel)


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class BuiltFile(_Read):
    """One file of a variant."""

    path: Path_
    bytes: int = Field(ge=0, le=MOST_FILE)
    sha256: Digest


class BuiltVariant(_Read):
    """One variant, as it was built. ``entry`` is the file that a page names to load it."""

    name: Name
    kind: str = ""
    entry: Path_
    files: list[BuiltFile] = Field(min_length=1, max_length=MOST_FILES)
    brotli_bytes: int | None = None
    id: Digest
    inputs: list[Any] = Field(default_factory=list)
    outputs: list[Any] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)


class BuiltSource(_Read):
    """What the variants were made from."""

    sha256: Digest


class Manifest(_Read):
    """``variants.json``."""

    format: str
    model: Name
    engine: str
    source: BuiltSource
    tool: dict[str, Any] = Field(default_factory=dict)
    variants: list[BuiltVariant] = Field(min_length=1, max_length=64)


class MeasuredCell(_Read):
    """How a variant fared on one backend."""

    backend: str
    accepted: bool
    refused_by: list[str] = Field(default_factory=list)


class MeasuredAccuracy(_Read):
    """Accuracy on labelled inputs, as a share of them."""

    top1: float
    samples: int


class MeasuredError(_Read):
    """How far a variant is from the source. ``top1``: share of inputs with the same first class."""

    top1: float | None = None


class MeasuredVariant(_Read):
    """What was measured of one variant. Without labels there is no accuracy."""

    name: Name
    id: Digest
    accuracy: MeasuredAccuracy | None = None
    error: MeasuredError | None = None
    accepted: bool | None = None
    refused_by: list[str] = Field(default_factory=list)
    cells: list[MeasuredCell] = Field(default_factory=list, max_length=64)


class Evaluation(_Read):
    """``evaluation.json``."""

    format: str
    model: Name
    variants: list[MeasuredVariant] = Field(max_length=64)


class PublishedVariant(_Read):
    """Where one variant was published, and the hash of its entry there."""

    name: Name
    id: Digest
    url: str
    integrity: Integrity


class Published(_Read):
    """``published.json``."""

    format: str
    model: Name
    variants: list[PublishedVariant] = Field(max_length=64)


def read_manifest(path: Path) -> Manifest:
    """What was built.

    Raises:
        BadFile: it is not there, too large, not of this format, or does not fit it.
    """
    return _read(path, Manifest, BUILT)


def read_evaluation(path: Path) -> Evaluation:
    """What was measured.

    Raises:
        BadFile: it is not there, too large, not of this format, or does not fit it.
    """
    return _read(path, Evaluation, EVALUATED)


def read_published(path: Path) -> Published:
    """What was published.

    Raises:
        BadFile: it is not there, too large, not of this format, or does not fit it.
    """
    return _read(path, Published, PUBLISHED)


class _Format(_Read):
    format: str


def _read(path: Path, kind: type[M], wanted: str) -> M:
    text = read_bytes(path, MOST_JSON)
    try:
        found = _Format.model_validate_json(text).format
        if found != wanted:
            raise BadFile(
                f"{path} has the format {found[:60]!r}, this version reads {wanted!r}: upgrade inferfleet, "
                "or make the file again with this version"
            )
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise BadFile(f"{path} is not a file of {wanted}: {'; '.join(sentences(error)[:3])}") from error
