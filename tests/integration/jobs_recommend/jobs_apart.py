"""Jobs for a process of its own to run: it imports them by name."""

import os
import signal
import time
from pathlib import Path
from typing import Any, NoReturn

from collector.store.lending import Tables


def niceness(store: Tables) -> int:
    del store
    return os.nice(0)


def ask(store: Tables, questions: dict[str, dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {name: store.query(name, **parameters) for name, parameters in questions.items()}


def refuse(store: Tables, *, what: str) -> NoReturn:
    del store
    raise ValueError(f"{what} does not fit")


def die(store: Tables, *, by: signal.Signals) -> None:
    del store
    os.kill(os.getpid(), by)
    time.sleep(60)


def sleep(store: Tables, *, marker: str) -> None:
    """Says with a file that it runs, and does so for long."""
    del store
    Path(marker).write_text(str(os.getpid()))
    time.sleep(60)


def unsendable(store: Tables) -> object:
    del store
    return lambda: None
