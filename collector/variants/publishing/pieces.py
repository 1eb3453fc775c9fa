"""A variant as it is published: files named by their content, and an entry that names the others' hashes."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

from collector.variant_folder import BadFile, BuiltVariant
from collector.variant_folder.bounded_files import check_file
from collector.variant_folder.integrity import integrity_of

MOST_JSON_BYTES = 64 << 20  # as much as a page reads
ENTRY_DIGITS = 16
"""Of the entry's hash in its name. Enough for a name; a plan that has it holds the whole hash beside it."""

_TYPES = {".json": "application/json"}


@dataclass(frozen=True, slots=True)
class Piece:
    """One published file."""

    name: str
    sha256: str
    size: int
    """Bytes."""
    content: Path | bytes
    """A file that is sent as it is, or the bytes themselves."""

    @property
    def content_type(self) -> str:
        """For the server that serves it."""
        plain = self.name.removesuffix(".br")
        return _TYPES.get(PurePosixPath(plain).suffix, "application/octet-stream")

    @property
    def integrity(self) -> str:
        """The hash as Subresource Integrity writes it."""
        return integrity_of(self.sha256)

    def read(self) -> bytes:
        """All of its bytes."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()


@dataclass(frozen=True, slots=True)
class Pieces:
    """The files of one variant. The entry is sent last: whoever sees it can load all of it."""

    shards: tuple[Piece, ...]
    entry: Piece

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return self.entry.size + sum(piece.size for piece in self.shards)


def pieces_of(folder: Path, engine: str, variant: BuiltVariant) -> Pieces:
    """The published form of a variant. Reads every file that is published.

    Raises:
        BadFile: a file is not what the build says, or the entry names one that is not there.
        OSError: a file cannot be read.
    """
    if engine == "tfjs":
        return _tfjs(folder, variant)
    if len(variant.files) > 1:
        raise BadFile(
            f"variant {variant.name} has {len(variant.files)} files, and an .onnx names no hash of its "
            "external data: save it with its weights inside (onnx.save_model without save_as_external_data)"
        )
    entry = _checked(folder, variant, variant.entry)
    return Pieces((), _entry(entry.content, entry.sha256, entry.size, PurePosixPath(variant.entry).suffix))


def _tfjs(folder: Path, variant: BuiltVariant) -> Pieces:
    """The weights under the names of their content; model.json with those names and the files' hashes.

    The keys of model.json stay in their order: TensorFlow.js takes that of inputs and outputs from it.
    """
    built = _checked(folder, variant, variant.entry)
    if built.size > MOST_JSON_BYTES:
        raise BadFile(f"{variant.entry} is larger than {MOST_JSON_BYTES >> 20} MiB")
    model = _json(variant, built.read())
    shards: dict[str, Piece] = {}
    for group in _groups(variant, model):
        names = []
        for path in group["paths"]:
            shard = _checked(folder, variant, str(PurePosixPath(variant.entry).parent / path))
            named = Piece(f"{shard.sha256}.bin", shard.sha256, shard.size, shard.content)
            shards[named.name] = named
            names.append(named.name)
        group["paths"] = names
    files = {piece.name: {"bytes": piece.size, "integrity": piece.integrity} for piece in shards.values()}
    model["inferfleet"] = {"files": files}
    content = json.dumps(model, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    entry = _entry(content, hashlib.sha256(content).hexdigest(), len(content), ".json")
    return Pieces(tuple(shards.values()), entry)


def _json(variant: BuiltVariant, text: bytes) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise BadFile(f"{variant.entry} holds {constant}, which no browser reads: build the variant again")

    try:
        model = json.loads(text, parse_constant=refuse)
    except ValueError as error:
        if isinstance(error, BadFile):
            raise
        raise BadFile(f"{variant.entry} is not JSON: build the variant again") from error
    if not isinstance(model, dict):
        raise BadFile(f"{variant.entry} is no model of TensorFlow.js")
    return cast("dict[str, Any]", model)


def _groups(variant: BuiltVariant, model: dict[str, Any]) -> list[dict[str, Any]]:
    groups = model.get("weightsManifest", [])
    if not isinstance(groups, list) or not all(
        isinstance(group, dict)
        and isinstance(group.get("paths"), list)
        and all(isinstance(path, str) for path in group["paths"])
        for group in groups
    ):
        raise BadFile(f"{variant.entry} has a weightsManifest that TensorFlow.js does not read")
    return groups


def _entry(content: Path | bytes, sha256: str, size: int, suffix: str) -> Piece:
    return Piece(f"{sha256[:ENTRY_DIGITS]}{suffix}", sha256, size, content)


def _checked(folder: Path, variant: BuiltVariant, path: str) -> Piece:
    """A file of the build, under its own name."""
    known = variant.file(path)
    place = check_file(folder, path, size=known.bytes, sha256=known.sha256)
    return Piece(path, known.sha256, known.bytes, place)
