"""Reads files that somebody else named: none outside their folder, and never more than they may hold."""

import hashlib
import stat
from pathlib import Path

_STEP = 1 << 20


class BadFile(ValueError):
    """A file is not what was said of it. The message names it, and says what to do."""


def place_in(folder: Path, name: str) -> Path:
    """The file of a name below a folder, with all links followed.

    Raises:
        BadFile: the name leaves the folder, by itself or by a link, or no file is there.
    """
    parts = name.split("/")
    if not name.isprintable() or "\\" in name or any(part in ("", ".", "..") for part in parts):
        raise BadFile(f"{name!r} is no path of a file below {folder}: write it with /, without . and ..")
    try:
        root = folder.resolve(strict=True)
        found = (folder / name).resolve(strict=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: a circle of links
        why = error.strerror if isinstance(error, OSError) and error.strerror else "a circle of links"
        raise BadFile(f"{folder / name} cannot be read: {why}; build the variants again") from error
    if not found.is_relative_to(root):
        raise BadFile(f"{folder / name} is a link that leaves {folder}: put the file itself there")
    return found


def read_bytes(path: Path, most: int) -> bytes:
    """The whole of a small file.

    Raises:
        BadFile: it cannot be read, is no file, or holds more than ``most`` bytes.
    """
    size = _size(path)
    if size > most:
        raise BadFile(f"{path} has {size} bytes; at most {most} are read")
    try:
        with path.open("rb") as file:
            text = file.read(most + 1)
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}") from error
    if len(text) > most:  # it grew meanwhile
        raise BadFile(f"{path} has more than {most} bytes; no more are read")
    return text


def check_file(path: Path, *, size: int, sha256: str) -> None:
    """Compares a file with what a manifest says of it. No more than ``size`` bytes and one are read.

    Raises:
        BadFile: its length or its hash is another.
    """
    found = _size(path)
    if found != size:
        raise BadFile(
            f"{path} has {found} bytes, the manifest says {size}: it is damaged or of another build; build "
            "the variants again"
        )
    digest, left = hashlib.sha256(), size + 1
    try:
        with path.open("rb") as file:
            while left > 0 and (step := file.read(min(_STEP, left))):
                digest.update(step)
                left -= len(step)
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}") from error
    if digest.hexdigest() != sha256:
        raise BadFile(
            f"{path} has another SHA-256 than the manifest says: it is damaged or of another build; build "
            "the variants again"
        )


def _size(path: Path) -> int:
    try:
        found = path.stat()
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(found.st_mode):
        raise BadFile(f"{path} is no file")
    return found.st_size
