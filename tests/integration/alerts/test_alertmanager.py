"""Against the real Alertmanager: Debian's prometheus-alertmanager."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from collector.alerts import AlertSettings, Notifier
from collector.contract.finding import Finding, Severity
from tests.integration.alerts.conftest import free_port
from tests.integration.alerts.receiver import Receiver
from tests.unit.alerts.examples import a_finding, resolved

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "alertmanager" / "alertmanager.yml"
CONFIG = """
route:
  receiver: test
  group_by: [alertname, app]
  group_wait: 100ms
  group_interval: 300ms
  repeat_interval: 1h
receivers:
  - name: test
    webhook_configs:
      - url: {url}/from-alertmanager
        send_resolved: true
"""


def wait_for(what: str, probe: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := probe():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=1).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def config(receiver: Receiver) -> str:
    return CONFIG.format(url=receiver.url)


@pytest.fixture
def alertmanager(config: str, tmp_path: Path) -> Iterator[str]:
    binary = os.environ.get("INFERFLEET_ALERTMANAGER") or shutil.which("prometheus-alertmanager")
    assert binary is not None, "Alertmanager is missing: apt-get install prometheus-alertmanager"
    file = tmp_path / "alertmanager.yml"
    file.write_text(config)
    url = f"http://127.0.0.1:{free_port()}"
    with (tmp_path / "alertmanager.log").open("w") as log:
        process = subprocess.Popen(
            [
                binary,
                f"--config.file={file}",
                f"--storage.path={tmp_path / 'storage'}",
                f"--web.listen-address={url.removeprefix('http://')}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for("Alertmanager is ready", lambda: is_ready(url))
            yield url
        finally:
            process.terminate()
            process.wait(10)


def active(url: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{url}/api/v2/alerts", timeout=5)
    answer.raise_for_status()
    alerts: list[dict[str, Any]] = answer.json()
    return alerts


def deliver(url: str, *findings: Finding) -> None:
    settings = AlertSettings.model_validate(
        {"alertmanager_url": url, "fleet_page_url": "https://fleet.example"}
    )
    summary = Notifier(settings).deliver(findings)
    assert summary.complete, summary


def touched(finding: Finding, **changes: Any) -> Finding:
    return finding.model_copy(update={"updated_at": datetime.now(UTC), **changes})


def test_a_leak_is_shown_told_and_ended(alertmanager: str, receiver: Receiver) -> None:
    finding = touched(a_finding())
    deliver(alertmanager, finding)
    (alert,) = wait_for("the alert is active", lambda: active(alertmanager))
    assert alert["labels"]["finding_id"] == finding.finding_id
    assert alert["labels"]["alertname"] == "InferfleetTensorLeak"
    assert alert["annotations"]["runbook_url"].endswith("/tensor_leak.md")
    assert alert["generatorURL"] == "https://fleet.example/?app=demo"
    told = wait_for("the receiver is told", lambda: receiver.bodies)[0]
    assert told["status"] == "firing"
    assert told["alerts"][0]["annotations"]["summary"] == finding.summary

    deliver(alertmanager, touched(finding))
    assert len(active(alertmanager)) == 1

    deliver(alertmanager, resolved(touched(finding)))
    wait_for("no alert is active", lambda: not active(alertmanager))
    wait_for("the receiver is told", lambda: receiver.bodies[-1]["status"] == "resolved")
    assert len(receiver.bodies) == 2


def test_a_warning_that_becomes_critical_is_one_alert(alertmanager: str, receiver: Receiver) -> None:
    deliver(alertmanager, touched(a_finding()))
    wait_for("the alert is active", lambda: active(alertmanager))
    now = datetime.now(UTC)
    escalated = {"evidence": {"escalated_at": now.isoformat()}, "severity": Severity.CRITICAL}
    deliver(alertmanager, touched(a_finding(), **escalated))
    wait_for(
        "only the critical one is active",
        lambda: [alert["labels"]["severity"] for alert in active(alertmanager)] == ["critical"],
    )
    deliver(alertmanager, resolved(touched(a_finding(), **escalated)))
    wait_for("no alert is active", lambda: not active(alertmanager))


def test_a_finding_critical_from_the_start_tells_of_no_warning(alertmanager: str, receiver: Receiver) -> None:
    now = datetime.now(UTC)
    deliver(alertmanager, touched(a_finding(), severity=Severity.CRITICAL, opened_at=now, updated_at=now))
    told = wait_for("the receiver is told", lambda: receiver.bodies)
    time.sleep(0.8)  # two group intervals more
    assert {(alert["labels"]["severity"], alert["status"]) for body in told for alert in body["alerts"]} == {
        ("critical", "firing")
    }


def test_an_alert_that_is_not_sent_again_ends_by_itself(alertmanager: str) -> None:
    stale = touched(a_finding(), updated_at=datetime.now(UTC) - timedelta(seconds=3598))
    deliver(alertmanager, stale)
    wait_for("the alert is active", lambda: active(alertmanager), 2)
    wait_for("the alert has ended", lambda: not active(alertmanager))


def post(url: str, *alerts: dict[str, Any]) -> None:
    httpx.post(f"{url}/api/v2/alerts", json=list(alerts), timeout=5).raise_for_status()


@pytest.mark.parametrize("config", [SHIPPED.read_text(encoding="utf-8")], ids=["deploy"])
def test_the_shipped_configuration_does_not_tell_a_leak_twice(alertmanager: str) -> None:
    """Grafana has rules over the same findings; the collector's alert mutes them for its cohort alone."""
    deliver(alertmanager, touched(a_finding(), severity=Severity.CRITICAL))
    cohort = {"app": "demo", "model": "blazeface", "release": "1.4.0", "backend": "webgl"}
    rule = {"alertname": "Leak finding open", "grafana_folder": "Inferfleet", "severity": "critical"}
    post(
        alertmanager,
        {"labels": {**rule, **cohort}},
        {"labels": {**rule, **cohort, "backend": "wasm-simd"}},
    )

    def states() -> dict[tuple[str, str], str]:
        return {
            (alert["labels"]["alertname"], alert["labels"]["backend"]): alert["status"]["state"]
            for alert in active(alertmanager)
        }

    expected = {
        ("InferfleetTensorLeak", "webgl"): "active",
        ("Leak finding open", "webgl"): "suppressed",
        ("Leak finding open", "wasm-simd"): "active",
    }
    wait_for("one of three alerts is muted", lambda: states() == expected)
