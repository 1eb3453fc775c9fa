"""Reads files that somebody else named: none outside their folder, and never more than they may hold."""

import hashlib
import stat
from pathlib import Path

_STEP = 1 << 20


class BadFile(ValueError):
    """A file is not what was said of it. The message names it, and says what to do."""


def is_below(name: str) -> bool:
    """Whether a name can only be of a file below the folder it is looked up in, but for links."""
    parts = name.split("/")
    return name.isprintable() and "\\" not in name and not any(part in ("", ".", "..") for part in parts)


def place_in(folder: Path, name: str) -> Path:
    """The file of a name below a folder, with all links followed. Messages name it without the folder.

    Raises:
        BadFile: the name leaves the folder, by itself or by a link, or no file is there.
    """
    if not is_below(name):
        raise BadFile(f"{name!r} is no path of a file below the folder: write it with /, without . and ..")
    try:
        root = folder.resolve(strict=True)
        found = (folder / name).resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: a circle of links
        why = error.strerror if isinstance(error, OSError) and error.strerror else "a circle of links"
        raise BadFile(f"{name} cannot be read: {why}; build the variants again") from error
    if not found.is_relative_to(root):
        raise BadFile(f"{name} is a link that leaves the folder: put the file itself there")
    return found


def read_bytes(path: Path, most: int, name: str | None = None) -> bytes:
    """The whole of a small file. Messages call it ``name``, else by its path.

    Raises:
        BadFile: it cannot be read, is no file, or holds more than ``most`` bytes.
    """
    size = _size(path, name)
    if size > most:
        raise BadFile(f"{name or path} has {size} bytes; at most {most} are read")
    try:
        with path.open("rb") as file:
            text = file.read(most + 1)
    except OSError as error:
        raise BadFile(f"{name or path} cannot be read: {error.strerror}") from error
    if len(text) > most:  # it grew meanwhile
        raise BadFile(f"{name or path} has more than {most} bytes; no more are read")
    return text


def check_file(folder: Path, name: str, *, size: int, sha256: str) -> Path:
    """The file of a name below a folder, once it is what a manifest says of it.

    No more than ``size`` bytes and one are read. Messages name the file without the folder.

    Raises:
        BadFile: the name leaves the folder, or the file's length or its hash is another.
    """
    path = place_in(folder, name)
    found = _size(path, name)
    if found != size:
        raise BadFile(
            f"{name} has {found} bytes, the manifest says {size}: it is damaged or of another build; build "
            "the variants again"
        )
    digest, left = hashlib.sha256(), size + 1
    try:
        with path.open("rb") as file:
            while left > 0 and (step := file.read(min(_STEP, left))):
                digest.update(step)
                left -= len(step)
    except OSError as error:
        raise BadFile(f"{name} cannot be read: {error.strerror}") from error
    if digest.hexdigest() != sha256:
        raise BadFile(
            f"{name} has another SHA-256 than the manifest says: it is damaged or of another build; build "
            "the variants again"
        )
    return path


def _size(path: Path, name: str | None = None) -> int:
    try:
        found = path.stat()
    except OSError as error:
        raise BadFile(f"{name or path} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(found.st_mode):
        raise BadFile(f"{name or path} is no file")
    return found.st_size
