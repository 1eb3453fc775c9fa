"""A real Alertmanager of the demo's own, that passes alerts on to a webhook."""

import json
from pathlib import Path
from typing import Any

import httpx

from examples.demo.children import Children
from examples.demo.http_wait import wait_for
from examples.demo.ports import HOST, take_port

NAME = "alertmanager"


class Alertmanager:
    """Runs until its children's context is left."""

    def __init__(self, children: Children, program: str, folder: Path, webhook: str) -> None:
        """Starts it and waits until it answers.

        Raises:
            DemoError: it did not start.
        """
        self.url = f"http://{HOST}:{take_port()}"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "alertmanager.yml"
        config.write_text(
            # JSON is YAML. No waiting to group: the demo has one alert and wants to show it.
            json.dumps(
                {
                    "route": {"receiver": "demo", "group_by": ["finding_id"], "group_wait": "0s"},
                    "receivers": [
                        {"name": "demo", "webhook_configs": [{"url": webhook, "send_resolved": True}]}
                    ],
                }
            )
        )
        children.start(
            NAME,
            [
                program,
                f"--config.file={config}",
                f"--storage.path={folder}",
                f"--web.listen-address={self.url.removeprefix('http://')}",
                "--cluster.listen-address=",
            ],
            cwd=folder,
        )

        def ready() -> bool | None:
            children.require(NAME)
            return httpx.get(f"{self.url}/-/ready").is_success or None

        wait_for("the start of Alertmanager", ready, seconds=60)

    def alerts(self) -> list[dict[str, Any]]:
        """What it has received: its own API's answer."""
        answer = httpx.get(f"{self.url}/api/v2/alerts")
        answer.raise_for_status()
        alerts: list[dict[str, Any]] = answer.json()
        return alerts
