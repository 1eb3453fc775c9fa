"""Reads one of a folder's documents: bounded JSON that says its own format."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from collector.mistakes import sentences
from collector.variant_folder.bounded_files import BadFile, read_bytes

MOST_BYTES = 16 << 20
"""Of any of the documents."""


class Part(BaseModel):
    """A part of a document. A tool may write more than is read of it."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Format(Part):
    format: str


M = TypeVar("M", bound=Part)


def read_document(path: Path, kind: type[M], wanted: str) -> M:
    """A document of a known format.

    Raises:
        BadFile: it is not there, too large, of another format, or does not fit it.
    """
    text = read_bytes(path, MOST_BYTES)
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
