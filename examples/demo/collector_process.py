"""The installed ``inferfleet`` command: the collector, and the commands given to it."""

import json
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import Any

import httpx

from examples.demo.children import Children
from examples.demo.errors import DemoError
from examples.demo.http_wait import wait_for
from examples.demo.ports import HOST
from examples.demo.programs import PAGE

APP = "demo"
MODEL = "blazeface"
NAME = "collector"
MIN_SESSIONS = 3
"""Session-days that an arm needs here; 20 by default."""
MIN_RACES = 4
"""Races of two variants that may decide here; 8 by default."""
_START_SECONDS = 120
_COMMAND_SECONDS = 600
_KEPT = ("INFERFLEET_CACHE_DIR", "INFERFLEET_CHROMIUM")
"""Where the converters and the browser are, for the commands about variants."""


class CollectorProcess:
    """``inferfleet serve`` on the embedded engine, in a data folder of its own."""

    def __init__(
        self, children: Children, program: str, folder: Path, port: int, *, alertmanager: str, webhook: str
    ) -> None:
        self.url = f"http://{HOST}:{port}"
        self.key = secrets.token_urlsafe(18)
        self.data_dir = folder / "data"
        self.page = folder / "page"
        """The example page, with the variants of its model beside it once they are published."""
        self._children = children
        self._program = program
        self._folder = folder
        # The caller's own INFERFLEET_ settings are about another collector.
        self._env = {
            name: value
            for name, value in os.environ.items()
            if name in _KEPT or not name.startswith("INFERFLEET_")
        } | {
            "INFERFLEET_DATA_DIR": str(self.data_dir),
            "INFERFLEET_APPS": json.dumps({APP: {"keys": [self.key], "origins": [self.url]}}),
            "INFERFLEET_API__PORT": str(port),
            "INFERFLEET_API__DEMO_DIR": str(self.page),
            "INFERFLEET_API__FLEET_ACCESS": "open",
            # The demo runs the jobs when it has something to show.
            "INFERFLEET_SCHEDULE__ENABLED": "false",
            # A few visits decide here, where an operator asks for many; and nobody explores, so that each
            # visit shows the recommended arm.
            "INFERFLEET_RECOMMEND__MIN_SESSIONS": str(MIN_SESSIONS),
            "INFERFLEET_RECOMMEND__MIN_CLASS_SESSIONS": str(MIN_SESSIONS),
            "INFERFLEET_RECOMMEND__EXPLORATION": "0",
            "INFERFLEET_RECOMMEND__HOLDBACK": "0",
            "INFERFLEET_RECOMMEND__MIN_RACES": str(MIN_RACES),
            # A race waits for the downloads of what it compares, over the line that visitors have here.
            "INFERFLEET_RECOMMEND__RACE_BUDGET_MS": "10000",
            # Visitors pay by the byte, as on a phone.
            "INFERFLEET_RECOMMEND__OBJECTIVE": "small-download",
            # Who comes back a minute later asks for the config again.
            "INFERFLEET_CONFIG__MAX_AGE_SECONDS": "0",
            # All visits here are made by a program, and are left out of decisions elsewhere.
            "INFERFLEET_RECOMMEND__INCLUDE_AUTOMATED": "true",
            "INFERFLEET_ALERTS__ALERTMANAGER_URL": alertmanager,
            "INFERFLEET_ALERTS__WEBHOOKS": json.dumps([{"name": "demo", "url": webhook}]),
            "INFERFLEET_ALERTS__FLEET_PAGE_URL": self.url,
        }

    def start(self) -> None:
        """Starts it and waits until it is ready.

        Raises:
            DemoError: it ended, or was not ready in time.
        """
        if not self.page.exists():
            shutil.copytree(PAGE, self.page, ignore=shutil.ignore_patterns("*.map"))
        self._children.start(NAME, [self._program, "serve"], env=self._env, cwd=self._folder)

        def ready() -> bool | None:
            self._children.require(NAME)
            return httpx.get(f"{self.url}/readyz").is_success or None

        wait_for("the start of the collector", ready, seconds=_START_SECONDS)

    def stop(self) -> None:
        """Ends it cleanly."""
        self._children.stop(NAME)

    def command(self, *arguments: str) -> str:
        """What ``inferfleet ARGUMENTS`` prints. It finds the running collector by its data folder.

        Raises:
            DemoError: the command failed.
        """
        return self._children.ask(
            arguments[0],
            [self._program, *arguments],
            env=self._env,
            cwd=self._folder,
            seconds=_COMMAND_SECONDS,
        )

    def job(self, name: str) -> dict[str, Any]:
        """Runs a job and returns its summary."""
        summary: dict[str, Any] = json.loads(self.command(name, "--app", APP, "--json"))
        return summary

    def metric(self, name: str) -> float:
        """A metric without labels.

        Raises:
            DemoError: the collector has no such metric.
        """
        answer = httpx.get(f"{self.url}/metrics")
        answer.raise_for_status()
        found = re.search(rf"^{re.escape(name)} (\S+)$", answer.text, re.MULTILINE)
        if found is None:
            raise DemoError(f"the collector has no metric {name}")
        return float(found[1])

    def await_stored(self) -> None:
        """Waits until everything acknowledged is in the store.

        Raises:
            DemoError: it was not in time.
        """
        wait_for(
            "the move of all reports from the spool to the store",
            lambda: self.metric("inferfleet_spool_pending_reports") == 0 or None,
            seconds=60,
        )
