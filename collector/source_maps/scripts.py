"""The scripts of a folder, by the name that a trace gives a script: a hash of its bytes, or of its path."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

DIGITS = 32
"""Hex digits of a SHA-256 that a script is named by on the wire (``contract.report.LeakFrame``)."""
SUFFIXES = frozenset({".js", ".mjs", ".cjs"})
MOST_FILES = 50_000
MOST_BYTES = 128 << 20


class BadFolder(ValueError):
    """The folder cannot be searched for scripts; the message says why."""


def scripts_of(folder: Path) -> dict[str, Path]:
    """Scripts below a folder, by each of their names.

    Raises:
        BadFolder: it is no folder, cannot be read, has no script, or has too many files.
    """
    if not folder.is_dir():
        raise BadFolder(f"{folder} is no folder: give the one that the build writes its scripts and maps to")
    names: dict[str, Path] = {}
    for path in _files(folder):
        try:
            if path.suffix not in SUFFIXES or path.stat().st_size > MOST_BYTES:
                continue
            names[_name(path.read_bytes())] = path
        except OSError as error:
            raise BadFolder(f"{path} cannot be read: {error.strerror}") from error
        # The page knows the path under which it is served: some end of the one that it has here.
        parts = path.resolve().parts[1:]
        for start in range(len(parts)):
            names.setdefault(_name(("/" + "/".join(parts[start:])).encode()), path)
    if not names:
        raise BadFolder(f"{folder} has no script (.js): give the folder that the build writes them to")
    return names


def _files(folder: Path) -> Iterator[Path]:
    seen = 0
    try:
        for where, folders, files in os.walk(folder, onerror=_raise):
            folders[:] = sorted(each for each in folders if each != "node_modules")
            for name in sorted(files):
                seen += 1
                if seen > MOST_FILES:
                    raise BadFolder(
                        f"{folder} has more than {MOST_FILES:,} files: give the folder of the build alone"
                    )
                path = Path(where) / name
                if path.is_file():
                    yield path
    except OSError as error:
        raise BadFolder(f"{folder} cannot be read: {error.strerror}") from error


def _raise(error: OSError) -> None:
    raise error


def _name(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGITS]
