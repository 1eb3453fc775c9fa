"""The processes that the demo starts, and their certain end."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from examples.demo.errors import DemoError

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_STOP_SECONDS = 20
_LAST_LINES = 15


class Children:
    """A context: whatever was started in it has ended when it is left, also by Ctrl-C or a crash."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in reversed(list(self._running)):
            self.stop(name)

    def start(
        self, name: str, command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path
    ) -> None:
        """Starts a program in a process group of its own, its output going to ``<logs>/<name>.log``."""
        with self._log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd=cwd, **_GROUP
            )

    def ask(
        self,
        name: str,
        command: Sequence[str],
        question: str = "",
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path,
        seconds: float,
        on_line: Callable[[str], None] | None = None,
    ) -> str:
        """Runs a program to its end and returns what it wrote to standard output.

        ``on_line`` hears each line as it comes.

        Raises:
            DemoError: it failed, or took longer than ``seconds``.
        """
        with (
            self._log(name).open("ab") as log,
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=env,
                cwd=cwd,
                text=True,
                **_GROUP,
            ) as child,
        ):
            self._running[name] = child
            late = threading.Event()

            def give_up() -> None:
                late.set()
                _end(child)

            timer = threading.Timer(seconds, give_up)
            timer.start()
            try:
                lines = _talk(child, question, on_line)
                child.wait()
            finally:
                timer.cancel()
                self.stop(name)
        if late.is_set():
            raise DemoError(f"{name} was not done after {seconds:.0f} s\n{self.tail(name)}")
        if child.returncode != 0:
            raise DemoError(f"{name} failed with {child.returncode}\n{self.tail(name)}")
        return "".join(lines)

    def require(self, name: str) -> None:
        """Raises DemoError when a program has ended by itself."""
        code = self._running[name].poll()
        if code is not None:
            raise DemoError(f"{name} ended with {code}\n{self.tail(name)}")

    def stop(self, name: str) -> None:
        """Asks a program and all it started to end, and makes them."""
        child = self._running.pop(name)
        _end(child)

    def tail(self, name: str) -> str:
        """The last lines of a program's log."""
        lines = self._log(name).read_text(errors="replace").splitlines()
        return "\n".join(["  | " + line for line in lines[-_LAST_LINES:]])

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"


def _talk(child: subprocess.Popen[Any], question: str, on_line: Callable[[str], None] | None) -> list[str]:
    """Asks, and listens until there is nothing more to hear."""
    if child.stdin is None or child.stdout is None:
        raise TypeError("a program is asked over pipes")
    try:
        child.stdin.write(question)
        child.stdin.close()
    except BrokenPipeError:
        return []  # it ended without listening; its exit code and log say why
    lines: list[str] = []
    for line in child.stdout:
        lines.append(line)
        if on_line is not None:
            on_line(line)
    return lines


def _end(child: subprocess.Popen[Any]) -> None:
    """Ends a program and all that it started: asked first, then made to."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    try:
        os.killpg(child.pid, signal.SIGKILL)  # what it may have left behind
    except ProcessLookupError:
        return


def _die_with_parent() -> None:
    """The kernel ends the child when the demo is killed so hard that it cannot do so itself."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


# A group of its own, so that Ctrl-C reaches the demo alone, which then ends its children in order.
_GROUP: dict[str, Any] = {"start_new_session": True}
if sys.platform == "linux":
    _GROUP["preexec_fn"] = _die_with_parent
