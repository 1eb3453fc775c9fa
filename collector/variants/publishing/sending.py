"""Publishes variants: sends what is not there yet, reads it back, and says where it is."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from collector.variant_folder import BadFile, BuiltVariants
from collector.variant_folder.published import PublishedVariant, PublishedVariants, write_published
from collector.variants.publishing.pieces import Piece, Pieces, pieces_of
from collector.variants.publishing.target import FOR_EVER, DamagedFile, Target

BROTLI_QUALITY = 11

Progress = Callable[[int], None]
"""Told of bytes that are done with."""


class PublishedSummary(BaseModel):
    """What a publication did."""

    model_config = ConfigDict(frozen=True)

    published: PublishedVariants
    sent_files: int
    sent_bytes: int
    there_already: int = Field(description="Files that were there, and right")
    dry_run: bool
    notes: list[str]


@dataclass(slots=True)
class _Sent:
    files: int = 0
    bytes: int = 0
    there: int = 0


def publish(
    folder: Path,
    built: BuiltVariants,
    target: Target,
    *,
    base: str,
    brotli: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> PublishedSummary:
    """Publishes the variants of a folder, and writes ``published.json`` there.

    A file that is there with its length is not sent again, only read back: an interrupted publication goes on
    where it was, and a second one changes nothing. The entry of a variant comes after its other files.

    Args:
        folder: holds ``variants.json`` and the files that it names.
        built: what ``variants.json`` says.
        target: where to.
        base: what the files' URLs begin with, as pages see them.
        brotli: a compressed copy of each file lies beside it, its name with ``.br`` at the end.
        dry_run: nothing is written anywhere.
        progress: told of each file's bytes when it is done with.

    Raises:
        BadFile: a file is not what the build says, or brotli is asked for and not installed.
        DamagedFile: a file does not read back as it was sent, twice.
        OSError: a file cannot be read or written.
    """
    compress = _compressor() if brotli else None
    sent = _Sent()
    published: list[PublishedVariant] = []
    base = base.rstrip("/")
    for variant in built.variants:
        pieces = pieces_of(folder, built.engine, variant)
        place = f"{built.model}/{variant.id}"
        for piece in [*pieces.shards, pieces.entry]:
            for each, encoding in _forms(piece, compress):
                _bring(target, f"{place}/{each.name}", each, sent, encoding=encoding, dry_run=dry_run)
            if progress is not None:
                progress(piece.size)
        published.append(_described(variant.name, variant.id, f"{base}/{place}", pieces))
    result = PublishedVariants(model=built.model, base=base, variants=published)
    if not dry_run:
        write_published(folder, result)
    return PublishedSummary(
        published=result,
        sent_files=sent.files,
        sent_bytes=sent.bytes,
        there_already=sent.there,
        dry_run=dry_run,
        notes=_notes(target, base, brotli=brotli),
    )


def _described(name: str, key: str, place: str, pieces: Pieces) -> PublishedVariant:
    entry = pieces.entry
    return PublishedVariant(
        name=name, id=key, url=f"{place}/{entry.name}", integrity=entry.integrity, bytes=pieces.size
    )


def _bring(
    target: Target, path: str, piece: Piece, sent: _Sent, *, encoding: str | None, dry_run: bool
) -> None:
    """Sees to it that a file is there and reads back right."""
    if target.holds(path, piece.size) and target.check(path, piece):
        sent.there += 1
        return
    sent.files += 1
    sent.bytes += piece.size
    if dry_run:
        return
    target.send(path, piece, encoding=encoding)
    if not (target.holds(path, piece.size) and target.check(path, piece)):
        raise DamagedFile(f"{path} does not read back as it was sent: look at the target, then publish again")


def _forms(piece: Piece, compress: Callable[[bytes], bytes] | None) -> list[tuple[Piece, str | None]]:
    """A file, after its compressed copy: a server that prefers that never lacks it."""
    if compress is None:
        return [(piece, None)]
    small = compress(piece.read())
    name, digest = f"{piece.name}.br", hashlib.sha256(small).hexdigest()
    return [(Piece(name, digest, len(small), small), "br"), (piece, None)]


def _compressor() -> Callable[[bytes], bytes]:
    try:
        import brotli  # noqa: PLC0415 - an extra that few need
    except ImportError:
        raise BadFile("--brotli needs the package brotli: pip install 'inferfleet[brotli]'") from None

    def compress(content: bytes) -> bytes:
        return bytes(brotli.compress(content, quality=BROTLI_QUALITY))

    return compress


def _notes(target: Target, base: str, *, brotli: bool) -> list[str]:
    """What a server has to do that the target cannot say by itself."""
    notes = []
    if not target.keeps_headers:
        notes.append(
            f"let the server send Cache-Control: {FOR_EVER} for these files: a name never comes with "
            "other bytes"
        )
    if brotli:
        notes.append(
            "let the server send FILE.br for FILE with Content-Encoding: br to browsers that accept it "
            "(brotli_static of nginx, precompressed of Caddy)"
        )
    if base.startswith(("http://", "https://")):
        notes.append(
            "pages of another origin load them when the server sends Access-Control-Allow-Origin and the "
            f"page names the origin in modelOrigins: {_origin(base)}"
        )
    else:
        notes.append(
            f"these URLs are of the page's own origin ({base}/): say --public https://cdn.example/PATH when "
            "the files are served from elsewhere"
        )
    return notes


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
