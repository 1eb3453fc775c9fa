"""One process owns an embedded engine's folder: a lock beside the folder says which, and how to reach it.

chDB itself refuses a second process, but only with "cannot open file". The lock is the kernel's
(``flock``), so it goes when its owner dies, however it dies; the text in the file is only there to name the
owner.
"""

import fcntl
import json
import os
import threading
from pathlib import Path
from typing import IO

from collector.store.errors import StoreError, StoreInUse

_guard = threading.Lock()
_held: dict[Path, "_Held"] = {}


class _Held:
    """A lock of this process, and how many stores share it."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file
        self.stores = 1


def lock_path(engine: Path) -> Path:
    """The lock file of an engine's folder: beside it, because everything inside belongs to ClickHouse."""
    return engine.with_name(engine.name + ".lock")


def restoring_path(engine: Path) -> Path:
    """Where a restore makes what is to become this engine, which is not whole while it is there."""
    return engine.with_name(engine.name + ".restoring")


def acquire(engine: Path, *, url: str | None = None, restoring: bool = False) -> None:
    """Makes this process the owner of an engine's folder. Stores of one process share it.

    ``restoring`` is for who makes the folder's content; all others are refused while that is not finished.

    Raises:
        StoreInUse: another process owns it; the message names it and says what to do.
        StoreError: the folder may not be written, or a restore into it was cut off.
    """
    with _guard:
        if (held := _held.get(engine)) is not None:
            held.stores += 1
            if url is not None:
                _write_owner(held.file, url)
            return
        path = lock_path(engine)
        try:
            engine.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"cannot use {engine} as the store's folder ({error.strerror}): give this user the right to "
                "write there, or name another folder in INFERFLEET_STORE__DSN"
            ) from error
        file = os.fdopen(descriptor, "r+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _read_owner(file)
            file.close()
            raise _in_use(engine, owner) from None
        if not restoring and restoring_path(engine).exists():
            file.close()
            raise StoreError(
                f"a restore into {engine} was cut off: run the same `inferfleet restore` again, or remove "
                f"{restoring_path(engine)} to begin with an empty store"
            )
        if not os.access(engine, os.W_OK | os.X_OK):
            file.close()
            raise StoreError(
                f"the store's folder {engine} may not be written: give this user the right, or name another "
                "folder in INFERFLEET_STORE__DSN"
            )
        _write_owner(file, url)
        _held[engine] = _Held(file)


def release(engine: Path) -> None:
    """Gives the folder up when its last store of this process closes."""
    with _guard:
        held = _held[engine]
        held.stores -= 1
        if held.stores == 0:
            del _held[engine]
            held.file.truncate(0)
            held.file.close()


def _write_owner(file: IO[str], url: str | None) -> None:
    file.seek(0)
    file.truncate()
    json.dump({"pid": os.getpid(), "url": url}, file)
    file.flush()


def _read_owner(file: IO[str]) -> dict[str, object]:
    try:
        owner = json.loads(file.read())
    except ValueError:  # it died, or is just writing
        return {}
    return owner if isinstance(owner, dict) else {}


def _in_use(engine: Path, owner: dict[str, object]) -> StoreInUse:
    pid = owner.get("pid")
    url = owner.get("url")
    who = f"process {pid}" if isinstance(pid, int) else "another process"
    if isinstance(url, str):
        who += f" at {url}"
    return StoreInUse(
        f"the embedded store {engine} belongs to {who}: only one process may open it. "
        "Ask that process (its admin endpoints run every job), stop it, or use a ClickHouse server",
        pid=pid if isinstance(pid, int) else None,
        url=url if isinstance(url, str) else None,
    )
