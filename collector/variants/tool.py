"""Where the converters are: their source beside this package, and their environment in the user's cache."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CACHE_VARIABLE = "INFERFLEET_CACHE_DIR"
PACKAGE = "inferfleet_converters"
MARK = "installed"
"""Written last: an environment without it is half done."""


@dataclass(frozen=True)
class Tool:
    """The converters, installed or not.

    Attributes:
        source: the folder that holds the package and ``requirements.txt``.
        environment: the virtual environment for exactly these requirements.
    """

    source: Path
    environment: Path

    @property
    def requirements(self) -> Path:
        """The versions and hashes of all that the converters need."""
        return self.source / "requirements.txt"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.environment / "bin" / "python"

    @property
    def installed(self) -> bool:
        """Whether the environment is whole, and the interpreter that it was made from is still there."""
        return (self.environment / MARK).is_file() and self.python.exists()


def find_tool(environ: Mapping[str, str] = os.environ) -> Tool:
    """The converters of this version, and where their environment is or will be."""
    source = _source()
    digest = hashlib.sha256((source / "requirements.txt").read_bytes()).hexdigest()
    return Tool(source, cache_folder(environ) / f"converters-{digest[:16]}")


def cache_folder(environ: Mapping[str, str]) -> Path:
    """``INFERFLEET_CACHE_DIR``, else ``inferfleet`` in the cache folder that the desktop's rules name."""
    if named := environ.get(CACHE_VARIABLE):
        return Path(named).expanduser().absolute()
    # By the XDG rules a relative path is no setting at all.
    base = environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "inferfleet"


def _source() -> Path:
    in_wheel = Path(__file__).parent / "converters"
    return in_wheel if in_wheel.is_dir() else Path(__file__).parents[2] / "converters"
