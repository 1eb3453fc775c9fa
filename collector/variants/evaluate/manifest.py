"""DIR/variants.json: what variants there are, and whether their files are what it says."""

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from collector.mistakes import sentence
from collector.variants.evaluate.errors import EvaluateError

MANIFEST = "variants.json"
SOURCE = "source"
MAX_MANIFEST_BYTES = 16 * 2**20
CHUNK = 2**20

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$")]
Sha256 = Annotated[str, Field(min_length=64, max_length=64)]


class _Read(BaseModel):
    """Fields that are not ours to judge are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class File(_Read):
    """One file of a variant. ``path`` is relative to DIR, with forward slashes."""

    path: Annotated[str, Field(min_length=1, max_length=1024)]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256


class Port(_Read):
    """An input of a model. A free dimension is None; -1 is read as None."""

    name: Annotated[str, Field(min_length=1, max_length=256)]
    dtype: str
    shape: Annotated[list[int | None], Field(max_length=8)]

    @property
    def dimensions(self) -> tuple[int | None, ...]:
        """The shape, with None for what is free."""
        return tuple(None if size is None or size < 0 else size for size in self.shape)


class Variant(_Read):
    """One variant. ``bytes`` and ``brotli_bytes`` are of its whole download."""

    name: Name
    kind: str = ""
    entry: Annotated[str, Field(min_length=1, max_length=1024)]
    files: Annotated[list[File], Field(min_length=1, max_length=10_000)]
    bytes: Annotated[int, Field(ge=0)]
    brotli_bytes: Annotated[int, Field(ge=0)] | None = None
    id: str
    inputs: Annotated[list[Port], Field(min_length=1, max_length=64)]
    warnings: list[str] = []


class Manifest(_Read):
    """The whole of variants.json."""

    format: Literal["inferfleet-variants-1"]
    model: Name
    engine: Literal["tfjs", "ort"]
    variants: Annotated[list[Variant], Field(min_length=1, max_length=64)]

    @property
    def source(self) -> Variant:
        """The float reference; ``read_manifest`` has made sure of it."""
        return next(variant for variant in self.variants if variant.name == SOURCE)

    @property
    def ordered(self) -> list[Variant]:
        """The variants, the source first."""
        return sorted(self.variants, key=lambda variant: variant.name != SOURCE)


def read_manifest(folder: Path) -> Manifest:
    """Reads variants.json and checks its paths.

    Raises:
        EvaluateError: it is missing or malformed, lacks the source, or names a path outside the folder.
    """
    path = folder / MANIFEST
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise EvaluateError(
                f"{path} is larger than {MAX_MANIFEST_BYTES:,} bytes: it cannot be a manifest"
            )
        manifest = Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise EvaluateError(
            f"{folder} has no {MANIFEST}: name the folder that the variants were built in"
        ) from None
    except OSError as error:
        raise EvaluateError(f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EvaluateError(f"{path}: {where or 'the file'}: {sentence(first)}") from error
    names = [variant.name for variant in manifest.variants]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise EvaluateError(f"{path}: two variants are named {doubled[0]!r}; names must differ")
    if SOURCE not in names:
        raise EvaluateError(
            f"{path}: no variant is named {SOURCE!r}: without it there is nothing to compare with"
        )
    for variant in manifest.variants:
        _check_paths(folder, variant)
    return manifest


def damage(folder: Path, variant: Variant) -> str | None:
    """What is wrong with a variant's files, or None: each must have its length and SHA-256."""
    for file in variant.files:
        path = folder / file.path
        try:
            size = path.stat().st_size
            if size != file.bytes:
                return f"{file.path} has {size:,} bytes where {MANIFEST} says {file.bytes:,}"
            with path.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
        except FileNotFoundError:
            return f"{file.path} is missing"
        except OSError as error:
            return f"{file.path} cannot be read: {error.strerror}"
        if digest != file.sha256.lower():
            return f"{file.path} is not the file that {MANIFEST} describes (another SHA-256)"
    return None


class Described(NamedTuple):
    """What loads a variant, and a name for its graph: variants of one graph run the same operations."""

    format: str
    graph: str


def describe(folder: Path, variant: Variant, engine: Literal["tfjs", "ort"]) -> Described:
    """Reads the model that a variant is entered by.

    Raises:
        EvaluateError: it is not a model of this engine.
    """
    if engine == "ort":
        return Described("onnx", variant.id)
    try:
        model = json.loads((folder / variant.entry).read_bytes())
        topology = model["modelTopology"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluateError(f"{variant.entry} is no model.json of TensorFlow.js") from error
    canonical = json.dumps(topology, sort_keys=True, separators=(",", ":")).encode()
    return Described(str(model.get("format", "layers-model")), hashlib.sha256(canonical).hexdigest())


def _check_paths(folder: Path, variant: Variant) -> None:
    root = folder.resolve()
    for given in (variant.entry, *(file.path for file in variant.files)):
        pure = PurePosixPath(given)
        inside = (root / pure).resolve().is_relative_to(root)  # of links too
        if pure.is_absolute() or ".." in pure.parts or "\\" in given or not inside:
            raise EvaluateError(f"variant {variant.name}: the path {given!r} leaves {folder}")
    if variant.entry not in {file.path for file in variant.files}:
        raise EvaluateError(f"variant {variant.name}: its entry {variant.entry!r} is not among its files")
