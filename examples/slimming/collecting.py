"""The collector of the example: ``inferfleet serve`` on the embedded engine, with its own data folder."""

import json
import os
import secrets
import sys
from pathlib import Path

import httpx

from examples.demo.children import Children
from examples.demo.http_wait import wait_for
from examples.slimming.commands import inferfleet

APP = "slimming"
NAME = "collector"
MIN_SESSIONS = 3
"""Session-days that an arm needs here; 20 by default."""


class Collector:
    """Started in ``children``; commands find it by its data folder."""

    def __init__(self, children: Children, folder: Path, port: int, origin: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.key = secrets.token_urlsafe(18)
        self._children = children
        self._folder = folder
        app = {"keys": [self.key], "origins": [origin], "objective": "small-download"}
        # The caller's own INFERFLEET_ settings are about another collector.
        own = {name: value for name, value in os.environ.items() if not name.startswith("INFERFLEET_")}
        self.env = own | {
            "INFERFLEET_DATA_DIR": str(folder / "data"),
            "INFERFLEET_APPS": json.dumps({APP: app}),
            "INFERFLEET_API__PORT": str(port),
            "INFERFLEET_API__FLEET_ACCESS": "open",
            "INFERFLEET_SCHEDULE__ENABLED": "false",
            # A few visits decide here, and nobody explores, so that each visit shows the recommended arm.
            "INFERFLEET_RECOMMEND__MIN_SESSIONS": str(MIN_SESSIONS),
            "INFERFLEET_RECOMMEND__MIN_CLASS_SESSIONS": str(MIN_SESSIONS),
            "INFERFLEET_RECOMMEND__EXPLORATION": "0",
            "INFERFLEET_RECOMMEND__HOLDBACK": "0",
            # All visits here are made by a program, and are left out of decisions elsewhere.
            "INFERFLEET_RECOMMEND__INCLUDE_AUTOMATED": "true",
        }

    def start(self) -> None:
        """Starts it and waits until it is ready.

        Raises:
            DemoError: it ended, or was not ready in time.
        """
        program = str(Path(sys.executable).with_name("inferfleet"))
        self._children.start(NAME, [program, "serve"], env=self.env, cwd=self._folder)

        def ready() -> bool | None:
            self._children.require(NAME)
            return httpx.get(f"{self.url}/readyz").is_success or None

        wait_for("the start of the collector", ready, seconds=120)

    def ask(self, *arguments: str | Path, quiet: bool = False) -> str:
        """What a command prints, given to this collector."""
        return inferfleet(*arguments, env=self.env, quiet=quiet)

    def await_stored(self) -> None:
        """Waits until everything acknowledged is in the store."""

        def drained() -> bool | None:
            metrics = httpx.get(f"{self.url}/metrics").text
            return "\ninferfleet_spool_pending_reports 0" in metrics or None

        wait_for("the move of all reports from the spool to the store", drained, seconds=60)
