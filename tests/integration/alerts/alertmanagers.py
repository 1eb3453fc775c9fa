"""A real Alertmanager that can be stopped and started again, and what it can be asked."""

import subprocess
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.integration.alerts.ports import free_port
from tests.integration.alerts.programs import running


class Alertmanager:
    """One Alertmanager at one address."""

    def __init__(self, binary: str, config: str, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{free_port()}"
        file = folder / "alertmanager.yml"
        file.write_text(config)
        self._command = [
            binary,
            f"--config.file={file}",
            f"--storage.path={folder / 'storage'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            "--cluster.listen-address=",
        ]

    def start(self) -> None:
        self._process = self._stack.enter_context(
            running("alertmanager", self._command, self.url, self._folder)
        )

    def stop(self) -> None:
        self._stack.close()

    @property
    def version(self) -> str:
        version: str = self._get("status")["versionInfo"]["version"]
        return version

    def alerts(self) -> list[dict[str, Any]]:
        """Those that are active or suppressed."""
        found: list[dict[str, Any]] = self._get("alerts")
        return found

    def states(self, *labels: str) -> dict[Any, str]:
        """active or suppressed, by the values of these labels."""
        return {
            tuple(alert["labels"].get(label, "") for label in labels): alert["status"]["state"]
            for alert in self.alerts()
        }

    def post(self, *alerts: dict[str, Any]) -> tuple[int, str]:
        """The answer to alerts that are sent as they are."""
        answer = httpx.post(f"{self.url}/api/v2/alerts", json=list(alerts), timeout=5)
        return answer.status_code, answer.text

    def silence(self, **matchers: str) -> None:
        """Mutes the alerts with these labels for an hour."""
        now = datetime.now(UTC)
        silence = {
            "matchers": [
                {"name": name, "value": value, "isRegex": False, "isEqual": True}
                for name, value in matchers.items()
            ],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "test",
            "comment": "test",
        }
        httpx.post(f"{self.url}/api/v2/silences", json=silence, timeout=5).raise_for_status()

    def _get(self, what: str) -> Any:
        answer = httpx.get(f"{self.url}/api/v2/{what}", timeout=5)
        answer.raise_for_status()
        return answer.json()
