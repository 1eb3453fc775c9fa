"""The jobs, as the collector runs them: on a schedule in embedded mode, and when an admin asks.

Jobs know nothing of one another; what one job's end means for the rest of the process (a new config version to
serve, findings to deliver) is composed here.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from pydantic import BaseModel

log = structlog.get_logger(__name__)

Job = Callable[[datetime, str | None], BaseModel]
"""Runs at a time (aware, UTC) for one app or, with None, for all; returns a summary."""


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
    """Runs one job at a time, so that two never write decisions over each other."""

    def __init__(self, jobs: Mapping[str, Job], *, before: Callable[[], object]) -> None:
        self._jobs = dict(jobs)
        self._before = before
        self._one_at_a_time = threading.Lock()
        self.records = {name: JobRecord() for name in jobs}

    @property
    def names(self) -> list[str]:
        """The jobs there are."""
        return list(self._jobs)

    def run(self, name: str, app: str | None = None) -> BaseModel:
        """Runs a job now and returns its summary.

        Raises:
            UnknownJob: no such job. Whatever the job raises passes through, counted.
        """
        if name not in self._jobs:
            raise UnknownJob(f"there is no job {name!r}; there are: {', '.join(self._jobs)}")
        with self._one_at_a_time:
            self._before()
            record = self.records[name]
            record.runs += 1
            started = time.perf_counter()
            try:
                summary = self._jobs[name](datetime.now(UTC), app)
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
                summary = self._runner.run(name)
                log.info("job_done", job=name, summary=summary.model_dump(mode="json"))
            except Exception:  # a job's failure is counted and logged; the schedule goes on
                log.exception("job_failed", job=name)
            self._due[name] = time.monotonic() + self._every[name]
