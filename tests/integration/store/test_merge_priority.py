"""The embedded engine's merges step back. Their threads' name is the engine's affair, so it is looked at."""

import os
import sys
from pathlib import Path

import pytest

from collector.store import open_store
from collector.store.merge_priority import NICENESS
from collector.store.migrate import upgrade


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux alone")
def test_merges_have_a_lower_priority_than_what_pages_wait_for(tmp_path: Path) -> None:
    dsn = f"chdb://{tmp_path / 'engine'}"
    upgrade(dsn)
    with open_store(dsn):
        tasks = list(Path("/proc/self/task").iterdir())
        named = {int(task.name): (task / "comm").read_text().strip() for task in tasks}
        merges = [
            os.getpriority(os.PRIO_PROCESS, task) for task, name in named.items() if name == "MergeMutate"
        ]
        assert merges
        assert set(merges) == {NICENESS}
        assert os.getpriority(os.PRIO_PROCESS, os.getpid()) == 0
