"""How much memory a collector's jobs take, which are processes of their own, for a while each."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

EVERY_SECONDS = 0.1


class JobMemory:
    """The most that its children had resident at one time so far, MiB."""

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self.peak_mb = 0

    def look(self) -> None:
        """Looks once."""
        children: list[str] = []
        with suppress(OSError):  # it has ended
            for task in self._tasks.iterdir():
                with suppress(OSError):
                    children += (task / "children").read_text().split()
        now = sum(map(_resident_mb, children))
        self.peak_mb = max(self.peak_mb, now)


@contextmanager
def watched(pid: int) -> Iterator[JobMemory]:
    """Looks all the while."""
    memory = JobMemory(pid)
    over = threading.Event()

    def watch() -> None:
        while not over.wait(EVERY_SECONDS):
            memory.look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        over.set()
        thread.join()


def _resident_mb(pid: str) -> int:
    try:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) // 1024 if found else 0
