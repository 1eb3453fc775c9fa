"""Sets the converters up by what Python brings: a virtual environment, and pip with versions and hashes."""

import errno
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from collector.variants.tool import MARK, Tool

VERSIONS = ((3, 11), (3, 12))
"""What TensorFlow.js's converter runs on."""
NEEDED_BYTES = 4_500_000_000
"""3.1 GB installed, and what pip unpacks on the way."""

# What would send the packages elsewhere.
_ELSEWHERE = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_USER",
    "PIP_ROOT",
    "PIP_REQUIREMENT",
    "PIP_DRY_RUN",
)
_NO_NETWORK = re.compile(
    r"connection broken|ConnectionError|Max retries exceeded|ReadTimeout|ProxyError|SSLError"
)


class SetupFailed(Exception):
    """The converters are not set up. The message has one line, which says what to do."""


@dataclass(frozen=True)
class Progress:
    """How far the setup is: packages fetched, of how many, and what it does now."""

    done: int
    of: int
    doing: str


def set_up(tool: Tool, watch: Callable[[Progress], None]) -> bool:
    """Makes the environment, unless it is there. Two at once: the second waits, and finds it done.

    Returns:
        Whether anything had to be installed.

    Raises:
        SetupFailed: Python, the disk or the network does not allow it; nothing half done is left behind.
    """
    if tool.installed:
        return False
    packages = count_packages(tool.requirements)
    try:
        tool.environment.parent.mkdir(parents=True, exist_ok=True)
        with _alone(tool, lambda: watch(Progress(0, packages, "waiting for another setup"))):
            if tool.installed:
                return False
            _install(tool, packages, watch)
    except OSError as error:
        _fail_by_disk(error, tool)
    return True


def count_packages(requirements: Path) -> int:
    """How many packages a requirements file names."""
    return len(re.findall(r"^[\w.-]+==", requirements.read_text(encoding="utf-8"), re.MULTILINE))


@contextmanager
def _alone(tool: Tool, wait: Callable[[], None]) -> Iterator[None]:
    """Holds a lock that ends with the process, also by kill -9."""
    lock = tool.environment.with_name(f"{tool.environment.name}.lock")
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(tool: Tool, packages: int, watch: Callable[[Progress], None]) -> None:
    python = find_python()
    if tool.environment.exists():  # an earlier setup was ended
        shutil.rmtree(tool.environment)
    free = shutil.disk_usage(tool.environment.parent).free
    if free < NEEDED_BYTES:
        raise SetupFailed(
            f"the converters need {NEEDED_BYTES / 1e9:.1f} GB, and {tool.environment.parent} has "
            f"{free / 1e9:.1f} GB free: make room, or name another folder with INFERFLEET_CACHE_DIR"
        )
    try:
        watch(Progress(0, packages, "making an environment"))
        _make_environment(python, tool.environment)
        _install_packages(tool, packages, watch)
        _mark(tool)
    except BaseException:
        shutil.rmtree(tool.environment, ignore_errors=True)
        raise


def find_python() -> str:
    """An interpreter that the converters run on: this one, or another on PATH.

    Raises:
        SetupFailed: there is none.
    """
    if sys.version_info[:2] in VERSIONS:
        return sys.executable
    for major, minor in reversed(VERSIONS):
        if found := shutil.which(f"python{major}.{minor}"):
            return found
    raise SetupFailed(
        "TensorFlow.js's converter needs Python 3.11 or 3.12, and this is "
        f"{sys.version_info[0]}.{sys.version_info[1]}: install python3.12 beside it, so that it is on PATH"
    )


def _make_environment(python: str, folder: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [python, "-m", "venv", str(folder)], capture_output=True, text=True, check=False, env=_environ()
    )
    if done.returncode:
        if "ensurepip" in done.stdout + done.stderr:
            raise SetupFailed(
                f"{python} -m venv lacks pip. On Debian and Ubuntu: apt-get install python3-venv"
            )
        raise SetupFailed(f"{python} -m venv fails: {_last_line(done.stdout + done.stderr)}")


def _install_packages(tool: Tool, packages: int, watch: Callable[[Progress], None]) -> None:
    # Bytecode of all 3 GB would take a minute; what is imported is compiled when it is.
    command = [
        *(
            str(tool.python),
            "-m",
            "pip",
            "install",
            "--no-input",
            "--disable-pip-version-check",
            "--no-compile",
        ),
        *("--progress-bar", "off", "--require-hashes", "--no-deps", "-r", str(tool.requirements)),
    ]
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603 - our own interpreter and requirements
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=_environ()
    ) as pip:
        assert pip.stdout is not None  # noqa: S101 - for the type checker
        done = 0
        for line in pip.stdout:
            said.append(line.strip())
            if found := re.match(r"Collecting ([\w.-]+)", line):
                watch(Progress(done, packages, f"fetching {found[1]}"))
                done = min(done + 1, packages)
            elif line.startswith("Installing collected packages"):
                watch(Progress(packages, packages, "unpacking, about a minute"))
    if pip.returncode:
        raise SetupFailed(explain_pip("\n".join(said)))


def explain_pip(said: str) -> str:
    """What pip's complaints come down to, in one line."""
    if re.search(r"No space left|Errno 28\b|Disk quota exceeded", said):
        return (
            "the disk is full: make room (3.1 GB for the converters, and room to unpack in TMPDIR), or name "
            "another folder with INFERFLEET_CACHE_DIR"
        )
    if "DO NOT MATCH THE HASHES" in said:
        found = re.search(r"^\s*([\w.-]+==[\w.]+) from ", said, re.MULTILINE)
        return (
            f"{found[1] if found else 'a package'} is not what the lock file says, so nothing is installed: "
            "ask whoever runs your package index"
        )
    if _NO_NETWORK.search(said):
        return "pip cannot reach a package index: is there a network? Or set HTTPS_PROXY or PIP_INDEX_URL"
    if found := re.search(r"requirement ([\w.-]+==[\w.]+) \(from versions: none\)", said):
        return (
            f"the package index has no {found[1]} for this machine, or cannot be reached: check the network "
            "and PIP_INDEX_URL; the converters run on 64-bit Linux, Windows, and macOS on Apple silicon"
        )
    if found := re.search(r"No matching distribution found for ([\w.-]+==[\w.]+)", said):
        return (
            f"there is no {found[1]} for this machine: build the variants on 64-bit Linux, Windows, or "
            "macOS on Apple silicon"
        )
    return f"pip fails: {_last_line(said)}"


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["it says nothing"])[-1]


def _mark(tool: Tool) -> None:
    """The last step, whole or not at all."""
    draft = tool.environment / f"{MARK}.part"
    with draft.open("w") as file:
        json.dump({"requirements": tool.requirements.name, "python": sys.version.split()[0]}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(tool.environment / MARK)


def _environ(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in _ELSEWHERE}


def _fail_by_disk(error: OSError, tool: Tool) -> NoReturn:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        raise SetupFailed(explain_pip("No space left")) from error
    raise SetupFailed(
        f"cannot write to {error.filename or tool.environment.parent} ({error.strerror}): name another "
        "folder with INFERFLEET_CACHE_DIR"
    ) from error
