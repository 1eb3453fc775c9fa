"""One collector owns a data folder. What it leaves there lets the command line find it and talk to it.

``collector.lock`` is held by the kernel for as long as the process lives; ``collector.json`` names the owner;
``admin.token`` is the admin token when the environment gives none.
"""

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import IO, Self

from pydantic import SecretStr

from collector.private_file import write_private

_LOCK, _OWNER, _TOKEN = "collector.lock", "collector.json", "admin.token"


class DataDirInUse(Exception):
    """Another collector owns the data folder."""


class DataDirUnusable(Exception):
    """The data folder cannot be made or written."""


class DataDir:
    """A data folder that this process owns until ``release``."""

    def __init__(self, path: Path, lock: IO[str]) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def own(cls, path: Path) -> Self:
        """Takes the folder, making it when it is not there.

        Raises:
            DataDirInUse: another process owns it; the message names it and says what to do.
            DataDirUnusable: it cannot be made or written; the message says how to help.
        """
        path = path.resolve()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.fdopen(os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
        except OSError as error:
            raise DataDirUnusable(
                f"cannot write to the data folder {path} ({error.strerror}): give this user the right to "
                f"write there, or name another folder with INFERFLEET_DATA_DIR"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            owner = read_owner(path)
            who = f"process {owner['pid']} at {owner['url']}" if owner else "another process"
            raise DataDirInUse(
                f"the data folder {path} is owned by {who}: stop that collector, or give this one a folder "
                f"of its own with INFERFLEET_DATA_DIR"
            ) from error
        return cls(path, lock)

    def announce(self, url: str) -> None:
        """Says who owns the folder and how to reach it."""
        write_private(self.path / _OWNER, json.dumps({"pid": os.getpid(), "url": url}) + "\n")

    def admin_token(self, configured: SecretStr | None) -> str:
        """The admin token: the configured one, or one that is made once and kept in the folder."""
        if configured is not None:
            (self.path / _TOKEN).unlink(missing_ok=True)  # an old one would mislead the command line
            return configured.get_secret_value()
        if (kept := read_token(self.path)) is not None:
            return kept
        token = secrets.token_urlsafe(32)
        write_private(self.path / _TOKEN, token + "\n")
        return token

    def release(self) -> None:
        """Gives the folder up."""
        (self.path / _OWNER).unlink(missing_ok=True)
        self._lock.close()


def read_owner(data_dir: Path) -> dict[str, str | int] | None:
    """``{"pid": ..., "url": ...}`` as the owner left it; None when there is none."""
    try:
        owner = json.loads((data_dir / _OWNER).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return owner if isinstance(owner, dict) and {"pid", "url"} <= owner.keys() else None


def read_token(data_dir: Path) -> str | None:
    """The admin token kept in the folder."""
    try:
        token = (data_dir / _TOKEN).read_text().strip()
    except FileNotFoundError:
        return None
    return token or None
