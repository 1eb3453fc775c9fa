"""``published.json``: what was published and where, for whoever registers it."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from collector.contract.config_document import Integrity, ModelUrl
from collector.contract.report import Name

PUBLISHED = "published.json"


class PublishedVariant(BaseModel):
    """A variant that pages can load."""

    model_config = ConfigDict(frozen=True)

    name: Name
    id: str
    url: ModelUrl
    integrity: Integrity
    bytes: int
    """Of all of its files, uncompressed."""


class PublishedVariants(BaseModel):
    """All variants of a model."""

    model_config = ConfigDict(frozen=True)

    format: Literal["inferfleet-published-1"] = "inferfleet-published-1"
    model: Name
    base: str
    """What the URLs begin with."""
    variants: list[PublishedVariant]


def write_published(folder: Path, published: PublishedVariants) -> Path:
    """Writes the file, whole or not at all."""
    place = folder / PUBLISHED
    half = place.with_suffix(".json.part")
    half.write_text(published.model_dump_json(indent=2) + "\n", encoding="utf-8")
    half.replace(place)
    return place
