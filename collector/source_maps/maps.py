"""The source map of a script: found beside it or inside of it, within bounds, and read by Sentry's symbolic.

What a folder holds is not ours: a map may be damaged, huge or hostile. symbolic is Rust, so a bad one is an
error and not a crash; how much it is given is bounded here.
"""

import base64
import binascii
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from symbolic.sourcemapcache import SourceMapCache

MOST_BYTES = 256 << 20
_REFERENCE = re.compile(rb"^[ \t]*//[#@][ \t]*sourceMappingURL=(\S+)[ \t]*\r?$", re.MULTILINE)
_INLINE = re.compile(rb"data:application/json[^,]{0,64};base64,", re.IGNORECASE)


class NoMap(ValueError):
    """A script's places cannot be resolved; the message says what to do."""


def open_map(script: Path, folder: Path) -> "SourceMapCache":
    """The map of a script that lies below ``folder``.

    Raises:
        NoMap: there is none, it is too large or no source map, or the library for it is not installed.
    """
    try:
        from symbolic.exceptions import SymbolicError  # noqa: PLC0415 - 75 MB, for those who have maps
        from symbolic.sourcemapcache import SourceMapCache  # noqa: PLC0415
    except ImportError as error:
        raise NoMap("source maps need a library: pip install 'inferfleet[source-maps]'") from error
    content = script.read_bytes()
    name, text = _map_of(script, content, folder)
    if not text.lstrip().startswith((b"{", b")]}'")):
        raise NoMap(f"{name} is no source map: build the app again")
    try:
        return SourceMapCache.from_bytes(content, text)
    except SymbolicError as error:
        raise NoMap(f"{name} is damaged ({_line(error)}): build the app again") from error


def _map_of(script: Path, content: bytes, folder: Path) -> tuple[str, bytes]:
    """What a map is called in messages, and its text."""
    named = _REFERENCE.findall(content[-MOST_BYTES:])
    reference = named[-1] if named else b""
    if inline := _INLINE.match(reference):
        try:
            return f"the map in {script.name}", base64.b64decode(reference[inline.end() :], validate=True)
        except binascii.Error as error:
            raise NoMap(f"the map in {script.name} is damaged (no base64): build the app again") from error
    beside = script.with_name(f"{script.name}.map")
    wanted = [beside]
    if reference and b"://" not in reference and not reference.startswith((b"/", b"data:")):
        wanted.insert(0, script.parent / unquote(reference.decode("utf-8", "replace")))
    root = folder.resolve()
    for path in wanted:
        try:
            if not path.is_file() or not path.resolve().is_relative_to(root):
                continue
            if path.stat().st_size > MOST_BYTES:
                raise NoMap(f"{path.name} is larger than {MOST_BYTES >> 20} MB")
            return path.name, path.read_bytes()
        except (OSError, ValueError) as error:
            if isinstance(error, NoMap):
                raise
            raise NoMap(f"{path.name} cannot be read: {error}") from error
    raise NoMap(
        f"{script.name} has no source map: build the app with source maps, and put {beside.name} beside it"
    )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
