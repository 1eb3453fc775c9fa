"""The embedded engine's threads step back. Their names are the engine's affair, so they are looked at."""

import os
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from collector.store import open_store
from collector.store.engine_threads import NICENESS, is_engine_thread
from collector.store.migrate import upgrade

from .rows import make_rows


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux alone")
def test_the_engine_has_a_lower_priority_than_what_pages_wait_for(tmp_path: Path) -> None:
    dsn = f"chdb://{tmp_path / 'engine'}"
    upgrade(dsn)
    with open_store(dsn) as store:
        for _ in range(10):  # a thread that begins after an insert is found by the next
            store.insert("windows", make_rows("windows", {}))
            engine = engine_priorities()
            if engine == {"MergeMutate": {NICENESS}, "ThreadPool": {NICENESS}}:
                break
        else:
            pytest.fail(f"the engine's threads and their priorities: {engine}")
        assert os.getpriority(os.PRIO_PROCESS, os.getpid()) == 0


def engine_priorities() -> dict[str, set[int]]:
    """The engine's threads by name; those that answered a query are back in the pool, and called so."""
    priorities = defaultdict(set)
    for task in Path("/proc/self/task").iterdir():
        name = (task / "comm").read_text().strip()
        if is_engine_thread(name):
            priorities[name].add(os.getpriority(os.PRIO_PROCESS, int(task.name)))
    return dict(priorities)
