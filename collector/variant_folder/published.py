"""``published.json``: where a folder's variants were published, for whoever registers them."""

from pathlib import Path
from typing import Literal

from pydantic import Field, NonNegativeInt

from collector.contract.config_document import Integrity, ModelUrl
from collector.contract.wire_model import Name
from collector.variant_folder.built import Sha256
from collector.variant_folder.documents import Part, read_document

PUBLISHED = "published.json"
FORMAT = "inferfleet-published-1"


class PublishedVariant(Part):
    """A variant that pages can load."""

    name: Name
    id: Sha256
    url: ModelUrl
    integrity: Integrity
    """Of its entry, which names the hashes of its other files."""
    bytes: NonNegativeInt
    """Of all of its files, uncompressed."""


class PublishedVariants(Part):
    """All published variants of a model."""

    format: Literal["inferfleet-published-1"] = "inferfleet-published-1"
    model: Name
    base: str
    """What the URLs begin with."""
    variants: list[PublishedVariant] = Field(max_length=64)


def read_published(folder: Path) -> PublishedVariants:
    """What was published of a folder.

    Raises:
        BadFile: it is not there, too large, not of this format, or does not fit it.
    """
    return read_document(folder / PUBLISHED, PublishedVariants, FORMAT)


def write_published(folder: Path, published: PublishedVariants) -> Path:
    """Writes the document, whole or not at all."""
    place = folder / PUBLISHED
    half = place.with_suffix(".json.part")
    half.write_text(published.model_dump_json(indent=2) + "\n", encoding="utf-8")
    half.replace(place)
    return place
