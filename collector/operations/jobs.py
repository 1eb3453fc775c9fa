"""Runs operations one at a time and counts how it went; a scheduler runs the jobs among them at intervals."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from pydantic import BaseModel

from collector.operations.catalogue import BY_SCHEDULE, OPERATIONS, Call, Parts
from collector.operations.job_process import JobStopped

log = structlog.get_logger(__name__)


class UnknownJob(Exception):
    """There is no job of that name."""


@dataclass
class JobRecord:
    """How a job's runs went, for the metrics."""

    runs: int = 0
    failures: int = 0
    seconds: float = 0.0
    last_success: float = 0.0


class JobRunner:
    """Runs one operation at a time, so that two never write decisions or versions over each other."""

    def __init__(self, parts: Parts, *, before: Callable[[], object]) -> None:
        """``before`` runs before each operation, for example to bring the store up to the moment."""
        self._parts = parts
        self._before = before
        self._one_at_a_time = threading.Lock()
        self.records = {name: JobRecord() for name in OPERATIONS}

    def run(self, name: str, call: Call) -> BaseModel:
        """Runs an operation now and returns its summary.

        Raises:
            UnknownJob: no such operation. Whatever the operation raises passes through, counted.
        """
        if name not in OPERATIONS:
            raise UnknownJob(f"There is no such job. There are: {', '.join(OPERATIONS)}.")
        with self._one_at_a_time:
            self._before()
            record = self.records[name]
            record.runs += 1
            started = time.perf_counter()
            try:
                summary = OPERATIONS[name](self._parts, call)
            except JobStopped:
                raise
            except Exception:
                record.failures += 1
                raise
            finally:
                record.seconds += time.perf_counter() - started
            record.last_success = time.time()
            return summary


class Scheduler:
    """Runs jobs at their intervals in one background thread."""

    def __init__(self, runner: JobRunner, every_seconds: Mapping[str, float], *, first_after: float) -> None:
        now = time.monotonic()
        self._runner = runner
        self._every = {name: seconds for name, seconds in every_seconds.items() if seconds > 0}
        self._due = dict.fromkeys(self._every, now + first_after)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self) -> None:
        """Begins to run jobs when they are due."""
        self._thread.start()

    def stop(self) -> None:
        """Runs no more jobs; waits for the one that runs."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while self._due:
            name = min(self._due, key=self._due.__getitem__)
            if self._stop.wait(max(0.0, self._due[name] - time.monotonic())):
                return
            try:
                summary = self._runner.run(name, Call(author=BY_SCHEDULE))
                log.info("job_done", job=name, summary=summary.model_dump(mode="json"))
            except JobStopped:
                log.info("job_stopped", job=name)
            except Exception:  # a job's failure is counted and logged; the schedule goes on
                log.exception("job_failed", job=name)
            self._due[name] = time.monotonic() + self._every[name]
