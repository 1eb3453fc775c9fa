"""What is known of a set of variants: DIR/variants.json, checked when it is read."""

from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from collector.mistakes import sentences

FILE = "variants.json"
MAX_BYTES = 64 * 1024**2


class BadRecord(Exception):
    """A folder holds no variants that can be used. The message says what to do."""


def _stays_inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not path or path.startswith("/") or "\\" in path or ".." in parts or len(parts) < 2:
        raise ValueError("must be a path below the folder, for example float16/model.json")
    return path


Inside = Annotated[str, AfterValidator(_stays_inside)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Engine = Literal["tfjs", "ort"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Source(_Part):
    """The model that the variants were built from: its kind, hash and bytes over all of its files."""

    kind: Literal["saved_model", "keras", "layers_model", "graph_model", "onnx"]
    sha256: Sha256
    bytes: NonNegativeInt


class File(_Part):
    """One file; its path is relative to the folder of variants.json."""

    path: Inside
    bytes: NonNegativeInt
    sha256: Sha256


class End(_Part):
    """An input or output. A size, a dtype or a shape that the model leaves open is None."""

    name: str
    dtype: str | None
    shape: list[int | None] | None


class Weights(_Part):
    """Weights that are stored in one dtype."""

    count: NonNegativeInt
    bytes: NonNegativeInt


class Kept(_Part):
    """A float weight that stayed float32."""

    name: str
    why: str


class Variant(_Part):
    """One variant.

    ``entry`` is the file that a page loads, and is in ``files``. ``brotli_bytes`` is the sum over files, each
    compressed at quality 9. ``id`` is a hash over the graph and the weights, and does not depend on how
    they are
    cut into files. ``ops`` counts the graph's ops without constants; ``weights`` is by the dtype they are
    stored in.
    """

    name: str
    kind: str
    entry: Inside
    files: list[File] = Field(min_length=1)
    bytes: NonNegativeInt
    brotli_bytes: NonNegativeInt
    id: Sha256
    inputs: list[End]
    outputs: list[End]
    ops: dict[str, int]
    weights: dict[str, Weights]
    kept_float: list[Kept]
    warnings: list[str]


class VariantSet(_Part):
    """All variants of one model. The first is ``source``, which the others are compared with."""

    format: Literal["inferfleet-variants-1"]
    model: str
    engine: Engine
    source: Source
    tool: dict[str, str]
    variants: list[Variant] = Field(min_length=1)


def read_variants(folder: Path) -> VariantSet:
    """Reads and checks ``folder/variants.json``.

    Raises:
        BadRecord: there is none, or it is not one of ours.
    """
    path = folder / FILE
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadRecord(f"{path} has over {MAX_BYTES:,} bytes, which no record has")
        return VariantSet.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadRecord(
            f"{path} cannot be read ({error.strerror}): name a folder that `inferfleet variants build` made"
        ) from error
    except ValidationError as error:
        raise BadRecord(f"{path}: {sentences(error)[0]}; build the variants again") from error
