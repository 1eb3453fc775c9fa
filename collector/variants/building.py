"""Runs the converters as a process: a request in, progress and a record out, as lines of JSON."""

import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from collector.variant_folder import BuiltVariants
from collector.variants.tool import PACKAGE, Tool

MEGABYTE = 1024 * 1024
GRACE_SECONDS = 10


class BuildRefused(Exception):
    """No variants were built, and the folder is as it was. The message says what to do."""


@dataclass(frozen=True)
class Step:
    """How far a build is: steps done, of how many, and what it does now."""

    done: int
    of: int
    doing: str


@dataclass(frozen=True)
class Order:
    """What is to be built.

    Attributes:
        model: the source: a file, or the folder of a SavedModel.
        to: the folder of the variants; an earlier build's is replaced.
        name: the model's name, as pages give it.
        only: names of variants; empty for all. ``source`` is always built.
        keep_float: globs of weights that stay float32.
        shard_bytes: the largest file of weights of a TensorFlow.js model.
        short_names: whether inner nodes of a TensorFlow.js model get short names.
    """

    model: Path
    to: Path
    name: str
    only: tuple[str, ...] = ()
    keep_float: tuple[str, ...] = ()
    shard_bytes: int = 4 * MEGABYTE
    short_names: bool = False


def build_variants(tool: Tool, order: Order, watch: Callable[[Step], None]) -> BuiltVariants:
    """Builds variants with an installed tool.

    Raises:
        BuildRefused: the model cannot be used, or the converters failed.
    """
    try:
        with tempfile.TemporaryFile() as log:
            with _start(tool, log) as process:
                try:
                    last = _talk(process, order, watch)
                except BaseException:
                    _end(process)
                    raise
            if last is None:
                raise BuildRefused(_why_it_ended(process.returncode, log, order))
    except OSError as error:
        raise BuildRefused(f"{error.filename or tempfile.gettempdir()}: {error.strerror}") from error
    if last["event"] == "refused":
        raise BuildRefused(last["message"])
    return BuiltVariants.model_validate(last["record"])


def _start(tool: Tool, log: IO[bytes]) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - our own tool
        # -P: a numpy.py in the folder that one happens to be in is not the library
        [str(tool.python), "-P", "-m", PACKAGE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        encoding="utf-8",
        env=_environ(tool),
    )


def _environ(tool: Tool, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The caller's environment, without what changes how Python and TensorFlow work.

    The same input is to give the same bytes, on any machine: no GPU, no library that adds in another order.
    """
    own = {name: value for name, value in environ.items() if not name.startswith(("PYTHON", "TF_", "KERAS_"))}
    return own | {
        "PYTHONPATH": str(tool.source),
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "KERAS_BACKEND": "tensorflow",
    }


def _talk(process: "subprocess.Popen[str]", order: Order, watch: Callable[[Step], None]) -> Any:
    """Sends the order and follows the events. Returns the last one; None when the tool ended without it."""
    assert process.stdin is not None and process.stdout is not None  # noqa: S101 - for the type checker
    with suppress(BrokenPipeError):  # it ended at once; its log says why
        process.stdin.write(json.dumps(_request(order)))
        process.stdin.close()
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] != "progress":
            return event
        watch(Step(event["done"], event["of"], event["doing"]))
    return None


def _end(process: "subprocess.Popen[str]") -> None:
    """Ends a tool whose result nobody waits for; it removes what it has written."""
    process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _request(order: Order) -> dict[str, Any]:
    return {
        "model": str(order.model.absolute()),
        "to": str(order.to.absolute()),
        "name": order.name,
        "only": list(order.only),
        "keep_float": list(order.keep_float),
        "shard_bytes": order.shard_bytes,
        "short_names": order.short_names,
    }


def _why_it_ended(code: int, log: IO[bytes], order: Order) -> str:
    """One line about a tool that ended without a word, with where the rest is."""
    if code == -signal.SIGKILL:
        return (
            f"the converters were killed, most likely because {order.model.name} needs more memory than "
            "there is"
        )
    log.seek(0)
    text = log.read().decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and re.search(r"No space left on device|Disk quota exceeded", lines[-1]):
        return f"the disk of {order.to} is full: make room, and run the command again"
    descriptor, name = tempfile.mkstemp(prefix="inferfleet-variants-", suffix=".log")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return f"the converters failed: {(lines or ['they say nothing'])[-1]}; all that they said is in {name}"
