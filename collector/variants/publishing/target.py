"""Where variants are published: a folder, or what fsspec has a driver for."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import fsspec

from collector.variants.publishing.pieces import Piece

FOR_EVER = "public, max-age=31536000, immutable"


class DamagedFile(OSError):
    """A file does not read back as it was sent, or cannot be there at all."""


class Target:
    """One app's part of a target.

    Args:
        url: a folder, or a URL of fsspec (``s3://bucket/path``, ``gs://…``).
        app: its name is a folder below, so that what one app no longer needs is not another's.

    Raises:
        ImportError: fsspec needs a driver for the URL; the message names it.
        ValueError: fsspec does not know the URL's protocol.
    """

    def __init__(self, url: str, app: str) -> None:
        self._files, root = fsspec.core.url_to_fs(url)
        self._root = f"{root.rstrip('/')}/{app}"
        protocol = self._files.protocol
        self.protocols = frozenset([protocol] if isinstance(protocol, str) else protocol)

    @property
    def keeps_headers(self) -> bool:
        """Whether a file there says by itself how long caches may keep it."""
        return bool(self._headers("", None))

    def holds(self, path: str, size: int) -> bool:
        """Whether a file of so many bytes is there."""
        try:
            return bool(self._files.info(self._place(path))["size"] == size)
        except FileNotFoundError:
            return False

    def send(self, path: str, piece: Piece, *, encoding: str | None = None) -> None:
        """Writes a file. Where it was stopped half-way, the file is missing or has another length."""
        place = self._place(path)
        self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
        headers = self._headers(piece.content_type, encoding)
        if isinstance(piece.content, bytes):
            self._files.pipe_file(place, piece.content, **headers)
        else:
            self._files.put_file(str(piece.content), place, **headers)

    def check(self, path: str, piece: Piece) -> bool:
        """Whether a file reads back as it should."""
        with self._files.open(self._place(path), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == piece.sha256

    def find(self) -> dict[str, tuple[int, datetime | None]]:
        """Every file by its path: bytes, and when it was written, where that is known."""
        try:
            found: Mapping[str, dict[str, Any]] = self._files.find(self._root, detail=True)
        except FileNotFoundError:
            return {}
        start = len(self._files._strip_protocol(self._root).rstrip("/")) + 1
        return {path[start:]: (int(info["size"]), self._written(path)) for path, info in found.items()}

    def remove(self, path: str) -> None:
        """Removes a file; one that is gone already is nobody's loss."""
        try:
            self._files.rm_file(self._place(path))
        except FileNotFoundError:
            return

    def remove_folder(self, path: str) -> None:
        """Removes an empty folder, where there is such a thing as a folder."""
        if "file" in self.protocols and self._files.isdir(self._place(path)):
            self._files.rmdir(self._place(path))

    def _place(self, path: str) -> str:
        return f"{self._root}/{path}"

    def _written(self, path: str) -> datetime | None:
        try:
            written: datetime = self._files.modified(path)
        except NotImplementedError:
            return None
        return written if written.tzinfo else written.replace(tzinfo=UTC)

    def _headers(self, content_type: str, encoding: str | None) -> dict[str, Any]:
        """What the driver takes for a file's own headers; empty where it has none."""
        if "s3" in self.protocols:
            coded = {"ContentEncoding": encoding} if encoding else {}
            return {"CacheControl": FOR_EVER, "ContentType": content_type, **coded}
        if "gs" in self.protocols:
            coded = {"content_encoding": encoding} if encoding else {}
            return {"content_type": content_type, "fixed_key_metadata": {"cache_control": FOR_EVER, **coded}}
        return {}
