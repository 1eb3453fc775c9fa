"""``variants.json``: the variants of a model that a folder holds, and the files of each."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, NonNegativeInt, StringConstraints, model_validator

from collector.contract.wire_model import Name
from collector.variant_folder.bounded_files import BadFile, is_below
from collector.variant_folder.documents import Part, read_document

BUILT = "variants.json"
FORMAT = "inferfleet-variants-1"
SOURCE = "source"
"""The variant that the others are compared with: the model as it is, in float32."""
MOST_FILES = 1_024
"""Files of one variant: as many as a page checks."""
MOST_FILE_BYTES = 8 << 30
MOST_VARIANTS = 64
"""Of one model."""


def _stays_below(path: str) -> str:
    if not is_below(path):
        raise ValueError("must be a path below the folder, with /, without . and .., such as float16/x.bin")
    return path


FilePath = Annotated[str, StringConstraints(max_length=512), AfterValidator(_stays_below)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Engine = Literal["tfjs", "ort"]


class Source(Part):
    """The model that the variants were built from: its kind, hash and bytes over all of its files."""

    kind: Literal["saved_model", "keras", "layers_model", "graph_model", "onnx"]
    sha256: Sha256
    bytes: NonNegativeInt


class BuiltFile(Part):
    """One file; its path is relative to the folder of variants.json."""

    path: FilePath
    bytes: int = Field(ge=0, le=MOST_FILE_BYTES)
    sha256: Sha256


class TensorSpec(Part):
    """An input or output. None is what the model leaves open: a size, the dtype, the number of dimensions."""

    name: Annotated[str, Field(min_length=1, max_length=256)]
    dtype: str | None
    shape: Annotated[list[int | None], Field(max_length=8)] | None

    @property
    def dimensions(self) -> tuple[int | None, ...]:
        """The shape, where -1 is an open size too. Empty when the number of dimensions is open."""
        return tuple(None if size is None or size < 0 else size for size in self.shape or ())


class Weights(Part):
    """Weights that are stored in one dtype."""

    count: NonNegativeInt
    bytes: NonNegativeInt


class Kept(Part):
    """A float weight that stayed float32."""

    name: str
    why: str


class BuiltVariant(Part):
    """One variant.

    ``entry`` is the file that a page loads, and one of ``files``. ``bytes`` is the sum over files, as is
    ``brotli_bytes``, each compressed at quality 9; None when nobody compressed them. ``id`` is a hash over
    the graph and the weights, and does not depend on how they are cut into files. ``ops`` counts the graph's
    ops without constants; ``weights`` is by the dtype they are stored in. ``made_from`` is the model that it
    was built from, when that is not the folder's source.
    """

    name: Name
    kind: str = ""
    entry: FilePath
    files: list[BuiltFile] = Field(min_length=1, max_length=MOST_FILES)
    bytes: NonNegativeInt
    brotli_bytes: NonNegativeInt | None = None
    id: Sha256
    inputs: list[TensorSpec] = Field(default_factory=list, max_length=64)
    outputs: list[TensorSpec] = Field(default_factory=list, max_length=256)
    ops: dict[str, int] = Field(default_factory=dict)
    weights: dict[str, Weights] = Field(default_factory=dict)
    kept_float: list[Kept] = Field(default_factory=list)
    made_from: Source | None = None
    warnings: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _agrees_with_its_files(self) -> "BuiltVariant":
        paths = [each.path for each in self.files]
        if doubled := _doubled(paths):
            raise ValueError(f"names the file {doubled} twice")
        if self.entry not in paths:
            raise ValueError(f"does not list its own entry {self.entry} among its files")
        if (size := sum(each.bytes for each in self.files)) != self.bytes:
            raise ValueError(f"has {self.bytes:,} bytes, and its files have {size:,}")
        return self

    def file(self, path: str) -> BuiltFile:
        """A file by its path.

        Raises:
            BadFile: the variant has none of this name.
        """
        for each in self.files:
            if each.path == path:
                return each
        raise BadFile(
            f"variant {self.name} needs {path}, which {BUILT} does not list: build the variants again"
        )


class BuiltVariants(Part):
    """All variants of a model."""

    format: Literal["inferfleet-variants-1"]
    model: Name
    engine: Engine
    source: Source
    tool: dict[str, str] = Field(default_factory=dict)
    variants: list[BuiltVariant] = Field(min_length=1, max_length=MOST_VARIANTS)

    @model_validator(mode="after")
    def _has_each_once(self) -> "BuiltVariants":
        if doubled := _doubled(each.name for each in self.variants):
            raise ValueError(f"has two variants that are called {doubled}: give each its own name")
        return self

    @property
    def ordered(self) -> list[BuiltVariant]:
        """The variants, the source first."""
        return sorted(self.variants, key=lambda variant: variant.name != SOURCE)

    def find(self, name: str) -> BuiltVariant | None:
        """A variant by its name."""
        return next((each for each in self.variants if each.name == name), None)


def read_built(folder: Path) -> BuiltVariants:
    """What ``folder/variants.json`` says. No file that it names is looked at.

    Raises:
        BadFile: there is none, it is too large or of another format, or it contradicts itself.
    """
    path = folder / BUILT
    if not path.exists():
        raise BadFile(f"{folder} holds no {BUILT}: name a folder that `inferfleet variants build` made")
    return read_document(path, BuiltVariants, FORMAT)


def _doubled(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
