"""Merges of the embedded engine step back for what pages wait for."""

import os
import sys
from contextlib import suppress
from pathlib import Path

NICENESS = 10
"""A tenth of a core for a merge thread that others compete with, twice what merges need at full load. At 19,
and cores that are never idle, parts would pile up until the engine refuses inserts."""
_THREAD = "MergeMutate"


def lower_merges() -> int:
    """Gives the engine's merge threads in this process a lower priority. Returns how many there are.

    The engine's own setting for it does nothing without CAP_SYS_NICE, which lowering does not need. Elsewhere
    than on Linux threads have no priority of their own, and this does nothing.
    """
    if sys.platform != "linux":
        return 0
    lowered = 0
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            if (task / "comm").read_text().strip() == _THREAD:
                os.setpriority(os.PRIO_PROCESS, int(task.name), NICENESS)
                lowered += 1
    return lowered
