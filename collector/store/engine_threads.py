"""The embedded engine's threads step back for what pages wait for."""

import os
import sys
from contextlib import suppress
from pathlib import Path

STEPS = 10
"""Of niceness: a tenth of a core for each thread that others compete with, more than inserts and merges need
at full load. With 19, and cores that are never idle, parts would pile up until the engine refuses inserts."""
_TASKS = Path("/proc/self/task")


class EngineThreads:
    """The threads that insert, merge and answer queries. The engine makes them as it needs them."""

    def __init__(self) -> None:
        self._lowered: set[int] = set()

    def step_back(self) -> None:
        """Gives those that there are by now a lower priority.

        The engine's own setting for it does nothing without CAP_SYS_NICE, which lowering does not need.
        Elsewhere than on Linux threads have no priority of their own, and this does nothing.
        """
        if sys.platform != "linux":
            return
        # From where the process is: it may be nice itself, and nobody but root may step forward.
        niceness = min(os.getpriority(os.PRIO_PROCESS, os.getpid()) + STEPS, 19)
        present = {int(each.name) for each in _TASKS.iterdir()}
        self._lowered &= present  # the number of one that ended may be given to another
        for task in present - self._lowered:
            # A thread that has just ended, or a sandbox that forbids it: acknowledgements are slower there.
            with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                if is_engine_thread((_TASKS / str(task) / "comm").read_text().strip()):
                    os.setpriority(os.PRIO_PROCESS, task, niceness)
                    self._lowered.add(task)


def is_engine_thread(name: str) -> bool:
    """Whether the engine calls a thread so: a worker of its pool is renamed by what it does."""
    return name in ("MergeMutate", "ThreadPool") or name.startswith("Query")
