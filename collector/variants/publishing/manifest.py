"""Reads ``variants.json``, in which the build of variants says which files it made."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from collector.contract.report import Name
from collector.mistakes import sentence

MANIFEST = "variants.json"
MOST_BYTES = 16 << 20
MOST_FILES = 1_024  # as many as a page checks

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FilePath = Annotated[str, StringConstraints(pattern=r"^[^/\\:\x00][^\\:\x00]{0,511}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]


class BadVariants(ValueError):
    """What was built cannot be published; the message says why and what to do."""


class Read(BaseModel):
    """A part of the file; whatever else is in it is somebody else's."""

    model_config = ConfigDict(frozen=True)


class BuiltFile(Read):
    """A file as the build left it."""

    path: FilePath
    bytes: int = Field(ge=0)
    sha256: Sha256


class BuiltVariant(Read):
    """A variant: its entry (model.json, .onnx) and all of its files."""

    name: Name
    id: Id
    entry: FilePath
    files: list[BuiltFile] = Field(min_length=1, max_length=MOST_FILES)

    def file(self, path: str) -> BuiltFile:
        """A file by its path.

        Raises:
            BadVariants: the variant has none of this name.
        """
        for each in self.files:
            if each.path == path:
                return each
        raise BadVariants(f"variant {self.name} needs {path}, which its files in {MANIFEST} do not name")


class BuiltVariants(Read):
    """All variants of a model."""

    format: Literal["inferfleet-variants-1"]
    model: Name
    engine: Literal["tfjs", "ort"]
    variants: list[BuiltVariant] = Field(min_length=1, max_length=256)


def read_built(folder: Path) -> BuiltVariants:
    """What a folder's ``variants.json`` says.

    Raises:
        BadVariants: there is none, or it does not fit.
        OSError: it cannot be read.
    """
    place = folder / MANIFEST
    try:
        with place.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise BadVariants(f"{folder} holds no {MANIFEST}: build the variants first") from None
    if len(text) > MOST_BYTES:
        raise BadVariants(f"{place} is larger than {MOST_BYTES >> 20} MiB")
    try:
        built = BuiltVariants.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadVariants(f"{place}: {where} {sentence(first)}") from error
    for variant in built.variants:
        for path in [variant.entry, *(file.path for file in variant.files)]:
            if ".." in path.split("/"):
                raise BadVariants(
                    f"{place}: variant {variant.name} names {path}, which is outside of the folder"
                )
    return built
