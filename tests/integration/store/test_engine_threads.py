"""The embedded engine's threads step back. Their names are the engine's affair, so they are looked at."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from collector.store import open_store
from collector.store.engine_threads import STEPS, is_engine_thread
from collector.store.migrate import upgrade
from tests.integration.store.rows import make_rows

_START = f"from {__name__} import print_priorities; print_priorities()"


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux alone")
@pytest.mark.parametrize("nice", [0, 15])
def test_the_engine_has_a_lower_priority_than_what_pages_wait_for(tmp_path: Path, nice: int) -> None:
    ours = min(os.getpriority(os.PRIO_PROCESS, os.getpid()) + nice, 19)
    theirs = min(ours + STEPS, 19)
    done = subprocess.run(
        ["nice", "-n", str(nice), sys.executable, "-c", _START, f"chdb://{tmp_path / 'engine'}"],
        check=True,
        stdout=subprocess.PIPE,
    )
    expected = {"MergeMutate": [theirs], "ThreadPool": [theirs], "ours": [ours]}
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert expected in seen, seen  # a thread that began after an insert is found by the next


def print_priorities() -> None:
    """What the process of the test does: some inserts, and after each the priorities by name."""
    dsn = sys.argv[1]
    upgrade(dsn)
    with open_store(dsn) as store:
        for _ in range(10):
            store.insert("windows", make_rows("windows", {}))
            found = defaultdict(set)
            for task in Path("/proc/self/task").iterdir():
                name = (task / "comm").read_text().strip()
                if is_engine_thread(name):
                    found[name].add(os.getpriority(os.PRIO_PROCESS, int(task.name)))
            found["ours"].add(os.getpriority(os.PRIO_PROCESS, os.getpid()))
            print(json.dumps({name: sorted(each) for name, each in found.items()}))
