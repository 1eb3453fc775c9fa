"""What a backup says of itself: its manifest, written last, without which a folder is no backup."""

import hashlib
import os
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from collector.private_file import write_private
from collector.store.errors import StoreError

MANIFEST = "manifest.json"
FORMAT = 1
_CHUNK = 1 << 20


class FileSum(BaseModel):
    """A file's size in bytes and its SHA-256, in hex."""

    model_config = ConfigDict(frozen=True)

    bytes: int
    sha256: str


class Manifest(BaseModel):
    """A backup's contents. ``rows`` by table, ``files`` by their path inside the folder."""

    model_config = ConfigDict(frozen=True)

    format: int
    made_at: datetime
    inferfleet: str
    engine: str
    database: str
    schema_revision: str
    rows: dict[str, int]
    files: dict[str, FileSum]


def sum_files(folder: Path) -> dict[str, FileSum]:
    """Every file below a folder, by its relative path, once it is on the disk."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _sum(path, sync=True) for path in found}


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Makes the folder a backup: whole or not at all."""
    write_private(folder / MANIFEST, manifest.model_dump_json(indent=1))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        StoreError: the folder holds none, or one of another format.
    """
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise StoreError(
            f"{folder} is no backup: it has no {MANIFEST}; name a folder that `inferfleet backup` finished"
        ) from None
    except (OSError, ValidationError) as error:
        raise StoreError(
            f"the manifest of {folder} cannot be read ({type(error).__name__}): use another backup"
        ) from error
    if manifest.format != FORMAT:
        raise StoreError(
            f"{folder} is a backup of format {manifest.format}, this version reads {FORMAT}: restore it with "
            f"inferfleet {manifest.inferfleet}"
        )
    return manifest


def check_files(folder: Path, manifest: Manifest) -> None:
    """Reads every file and compares it with the manifest.

    Raises:
        StoreError: a file is missing or differs; the message names the first.
    """
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise StoreError(f"the backup {folder} is damaged: {name} is missing; use another backup")
        if _sum(path, sync=False) != expected:
            raise StoreError(
                f"the backup {folder} is damaged: {name} is not what was written; use another backup"
            )


def _sum(path: Path, *, sync: bool) -> FileSum:
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
        if sync:
            os.fsync(file.fileno())
    return FileSum(bytes=size, sha256=digest.hexdigest())
