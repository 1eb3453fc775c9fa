"""``inferfleet alerts test``, as an operator runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.alerts.alertmanagers import Alertmanager
from tests.integration.alerts.programs import wait_for
from tests.integration.alerts.receiver import Receiver
from tests.integration.alerts.test_mail import Mailbox, text_of

pytestmark = pytest.mark.timeout(1500)  # the first of them may have to build Alertmanager


def alerts_test(folder: Path, alerts: dict[str, Any], *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INFERFLEET_")}
    for name, value in alerts.items():
        text = value if isinstance(value, str) else json.dumps(value)
        environment[f"INFERFLEET_ALERTS__{name.upper()}"] = text
    return subprocess.run(
        [Path(sys.executable).parent / "inferfleet", "alerts", "test", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_target_gets_a_marked_test_and_no_finding_is_opened(
    alertmanager: Alertmanager, receiver: Receiver, tmp_path: Path
) -> None:
    with Mailbox() as mailbox:
        alerts = {
            "alertmanager_url": alertmanager.url,
            "webhooks": [{"name": "ops", "url": f"{receiver.url}/hook", "secret": "shared"}],
            "chat": [mailbox.url],
            "fleet_page_url": "https://fleet.example",
        }
        done = alerts_test(tmp_path, alerts, "--owner", "web", "--severity", "critical", "--json")
        assert done.returncode == 0, done.stderr
        (mail,) = mailbox.mails
    made = json.loads(done.stdout)
    answers = {one["target"].partition("-")[0]: one["answer"] for one in made["targets"]}
    assert answers == {"alertmanager": "HTTP 200", "webhook:ops": "HTTP 200", "chat:mailto": "taken"}
    (alert,) = alertmanager.alerts()
    assert alert["labels"] == {
        "alertname": "InferfleetTest",
        "app": "inferfleet-test",
        "finding_id": made["finding_id"],
        "owner": "web",
        "severity": "critical",
        "test": "true",
    }
    event = next(json.loads(body) for path, _, body in receiver.received if path == "/hook")
    assert (event["test"], event["kind"], event["finding_id"]) == (True, "test", made["finding_id"])
    assert mail["Subject"] == "[Test] Inferfleet alerts"
    assert "Nothing is wrong" in text_of(mail)
    assert not (tmp_path / "inferfleet-data").exists()
    wait_for(
        "Alertmanager tells its receiver",
        lambda: any(path == "/from-alertmanager" for path, _, _ in receiver.received),
    )
    # A second test is another alert: one of the same labels would not be told for hours.
    alerts_test(tmp_path, alerts, "--target", "alertmanager")
    assert len(alertmanager.alerts()) == 2


def test_it_says_which_target_did_not_take_it_and_ends_with_1(
    receiver: Receiver, dead_url: str, tmp_path: Path
) -> None:
    receiver.status = 403
    alerts = {
        "alertmanager_url": f"{dead_url}/T0KEN",
        "webhooks": [{"name": "ops", "url": f"{receiver.url}/T0KEN"}],
        "attempts": "1",
    }
    done = alerts_test(tmp_path, alerts)
    assert done.returncode == 1
    assert "alertmanager  no     ConnectError after 1 attempts" in done.stdout
    assert "webhook:ops   no     HTTP 403: refused" in done.stdout
    assert "alerts.fleet_page_url is not set" in done.stdout
    assert "T0KEN" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "there is no target: set alerts.alertmanager_url"),
        (("--owner", "Web Team"), "an owner's name is up to 63"),
    ],
)
def test_what_cannot_be_tested_is_said_in_a_line(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = alerts_test(tmp_path, {}, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_target_that_there_is_not_is_told_from_those_that_there_are(tmp_path: Path, dead_url: str) -> None:
    done = alerts_test(tmp_path, {"alertmanager_url": dead_url}, "--target", "slack")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no target 'slack'; the targets are: alertmanager" in done.stderr
