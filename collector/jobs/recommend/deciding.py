"""Decides about several models at once: the large ones in processes of their own, while others are read."""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import count
from threading import Thread
from types import TracebackType
from typing import IO, Self, cast

from collector.jobs.recommend.decide import decide
from collector.jobs.recommend.inputs import ModelInputs
from collector.jobs.recommend.record import DecisionRecord
from collector.jobs.recommend.settings import RecommendSettings

LARGE = 50_000
"""Session-days of a model from which on a process of its own is worth its start, which takes a second."""
MOST_WORKERS = 4
MOST_WAITING = 3_000_000
"""Session-days of models that were read and are not decided about yet; each takes about 100 bytes."""
_START = "from collector.jobs.recommend.deciding import work; work()"


class WorkerDied(RuntimeError):
    """A process that decided ended before it was done. What it wrote to the log says why."""


def decide_all(models: Iterable[ModelInputs], settings: RecommendSettings) -> Iterator[list[DecisionRecord]]:
    """The records of each model, in the order of the models.

    Raises:
        WorkerDied: a process was killed, for want of memory most likely.
    """
    most = min(MOST_WORKERS, _cores() - 1)
    with ExitStack() as stack:
        begun: dict[int, _Worker | list[DecisionRecord]] = {}
        waiting: list[tuple[int, ModelInputs]] = []

        def begin(place: int, inputs: ModelInputs) -> bool:
            """Hands a model to a process, unless as many as there may be are busy."""
            busy = sum(isinstance(each, _Worker) and not each.is_done() for each in begun.values())
            if busy < most:
                begun[place] = stack.enter_context(_Worker(inputs, settings))
            return busy < most

        # Reading comes first: what was read can be decided about on every core. While the next model is read,
        # no name stands here for one that a process has, as that of a for loop would.
        reading = iter(models)
        for place in count():
            if (inputs := next(reading, None)) is None:
                break
            if len(inputs.visits) < LARGE or not most:
                begun[place] = decide(inputs, settings)
            elif not begin(place, inputs):
                waiting.append((place, inputs))
                while sum(len(each.visits) for _, each in waiting) > MOST_WAITING:
                    first, oldest = waiting.pop(0)
                    begun[first] = decide(oldest, settings)
                    del oldest
            del inputs
        while waiting:
            place, inputs = waiting.pop(0)
            if not begin(place, inputs):
                begun[place] = decide(inputs, settings)
        for _, each in sorted(begun.items(), key=lambda item: item[0]):
            yield each.result() if isinstance(each, _Worker) else each


class _Worker:
    """A process that decides about one model. Without its parent it ends once it has decided."""

    def __init__(self, inputs: ModelInputs, settings: RecommendSettings) -> None:
        # -P: a folder named collector where the job was started must not be taken for it.
        self._process = subprocess.Popen(  # noqa: S603 - no input of anybody's
            [sys.executable, "-P", "-c", _START], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            pickle.dump((inputs, settings), self._to, protocol=pickle.HIGHEST_PROTOCOL)
            self._to.flush()
        except BrokenPipeError as error:
            raise self._died() from error
        # It is read as soon as it is there: a process that waits for its reader keeps all its memory.
        self._answer = b""
        self._reader = Thread(target=self._read, name="decided", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._reader.join()
        self._process.communicate()

    @property
    def _to(self) -> IO[bytes]:
        return cast("IO[bytes]", self._process.stdin)

    @property
    def _from(self) -> IO[bytes]:
        return cast("IO[bytes]", self._process.stdout)

    def is_done(self) -> bool:
        """Whether it has an answer, or is gone."""
        return not self._reader.is_alive()

    def result(self) -> list[DecisionRecord]:
        """The records, once they are there; raises what ``decide`` raised."""
        self._reader.join()
        try:
            answer = pickle.loads(self._answer)  # noqa: S301 - our own process
        except (EOFError, pickle.UnpicklingError) as error:
            raise self._died() from error
        if isinstance(answer, BaseException):
            raise answer
        return cast("list[DecisionRecord]", answer)

    def _read(self) -> None:
        self._answer = self._from.read()

    def _died(self) -> WorkerDied:
        return WorkerDied(f"a process that decided ended early, with status {self._process.wait()}")


def work() -> None:
    """The process's whole life: one model, then the end."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get among the answers
    inputs, settings = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the process that started this one
    try:
        answer: list[DecisionRecord] | Exception = decide(inputs, settings)
    except Exception as error:  # raised again by the process that asked
        answer = error
    pickle.dump(answer, answers, protocol=pickle.HIGHEST_PROTOCOL)
    answers.flush()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
