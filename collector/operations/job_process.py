"""Runs a job in a process of its own, so that it takes neither the GIL nor a page's turn on a core.

A leak job over 10,000 sessions in the collector's own process made acknowledgements wait for up to half a
minute. The process has the lowest priority, borrows the store (``collector.store.lending``), and is the first
to go when memory runs out. Its inserts are made here, each whole or not at all, so it may end at any moment.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, Protocol, TypeVar

from collector.operations.logs import configure_logs
from collector.store import Store, lending
from collector.store.lending import Asked, BorrowedStore, Tables

P = ParamSpec("P")
R = TypeVar("R")

_START = "import sys; from collector.operations.job_process import work; work(int(sys.argv[1]))"
_FIRST_TO_GO = 500
"""Added to the process's badness of up to 1,000 (proc(5), oom_score_adj)."""


class JobStopped(Exception):
    """The collector is stopping: the job was ended, or not begun. Run it again later."""


class JobDied(Exception):
    """The job's process ended before the job was over. The message says how it ended."""


class RunJob(Protocol):
    """Runs ``job(store, …)`` somewhere and returns what it returns, or raises what it raises."""

    def __call__(self, job: Callable[Concatenate[Tables, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs the job."""


def run_here(store: Store) -> RunJob:
    """Runs jobs in this process: for a command line, which has nothing else to do."""

    def run(job: Callable[Concatenate[Tables, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return job(store, *args, **kwargs)

    return run


class _Over(NamedTuple):
    result: Any = None
    error: Exception | None = None


class JobProcesses:
    """Runs each job in a new process; a ``RunJob``. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def __call__(self, job: Callable[Concatenate[Tables, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a job; ``job``, its arguments and its result are picklable.

        Raises:
            JobStopped, JobDied: it did not come to its end. Whatever the job raises passes through.
        """
        ours, theirs = Pipe()
        with ours:
            with theirs:
                process = self._start(theirs.fileno())
            try:
                over = self._attend(ours, (job, args, kwargs))
                status = process.wait()
            finally:
                process.kill()  # when this process failed, nobody waits for the other any more
                process.wait()
                with self._guard:
                    self._running.discard(process)
        if over is None:
            if self._stopped:
                raise JobStopped("the collector is stopping: run the job again when it is back")
            raise JobDied(f"the job's process ended early, {_how_it_ended(status)}")
        if over.error is not None:
            raise over.error
        result: R = over.result
        return result

    def stop(self) -> None:
        """Ends the jobs that run, and begins no more."""
        with self._guard:
            self._stopped = True
            for process in self._running:
                process.kill()

    def _start(self, connection: int) -> "subprocess.Popen[bytes]":
        with self._guard:
            if self._stopped:
                raise JobStopped("the collector is stopping: run the job again when it is back")
            process = subprocess.Popen(  # noqa: S603 - no input of anybody's
                # -P: a folder named collector where the collector was started must not be taken for it.
                [sys.executable, "-P", "-c", _START, str(connection)],
                stdin=subprocess.DEVNULL,
                pass_fds=[connection],
            )
            self._running.add(process)
        return process

    def _attend(self, connection: "Connection[Any, Any]", call: tuple[Any, ...]) -> _Over | None:
        """Lends the store until the job is over; None when its process is gone before."""
        try:
            connection.send(call)
            while isinstance(message := connection.recv(), Asked):
                connection.send(lending.answer(self._store, message))
        except (EOFError, ConnectionError):
            return None
        over: _Over = message
        return over


def work(descriptor: int) -> None:
    """The process's whole life: one job, then the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C on a terminal is the collector's to act on
    _step_back()
    configure_logs()
    with Connection(descriptor) as connection, contextlib.suppress(EOFError, ConnectionError):
        job, args, kwargs = connection.recv()
        try:
            over = _Over(result=job(BorrowedStore(connection), *args, **kwargs))
        except (EOFError, ConnectionError):
            raise  # the collector is gone, and nobody is left to tell
        except Exception as error:  # raised again by whoever asked for the job, where it is counted
            error.add_note("".join(traceback.format_exception(error)))
            over = _Over(error=error)
        connection.send(over)


def _step_back() -> None:
    """Takes a core only when nobody else wants it."""
    os.nice(19)
    if sys.platform == "linux":  # a nice process keeps a core for some milliseconds, an idle one gives it up
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with contextlib.suppress(OSError):  # not on every system, and then nothing depends on it
        Path("/proc/self/oom_score_adj").write_text(str(_FIRST_TO_GO))


def _how_it_ended(status: int) -> str:
    if status >= 0:
        return f"with exit status {status}: see the log"
    name = signal.Signals(-status).name
    return f"by {name}" + (": memory ran out, most likely" if name == "SIGKILL" else "")
