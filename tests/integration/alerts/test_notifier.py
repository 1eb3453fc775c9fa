"""Delivery over real sockets to webhooks and chat."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from collector.alerts import AlertSettings, Notifier, SqliteLedger, TargetSummary
from collector.contract.finding import Finding, Severity
from tests.integration.alerts.receiver import Receiver
from tests.unit.alerts.examples import a_finding, resolved


def notifier(ledger: Path | None = None, **settings: Any) -> Notifier:
    return Notifier(
        AlertSettings.model_validate({"timeout_s": 2, "backoff_s": 0.01, **settings}),
        ledger=None if ledger is None else SqliteLedger(ledger),
    )


def only(parts: list[TargetSummary]) -> tuple[int, int, int, int]:
    (part,) = parts
    return part.delivered, part.told_before, part.refused, part.owed


def webhook(url: str, **settings: Any) -> dict[str, Any]:
    return {"webhooks": [{"name": "ops", "url": url, **settings}]}


def test_a_webhook_gets_a_signed_event_with_its_key(receiver: Receiver) -> None:
    finding = a_finding()
    notifier(**webhook(f"{receiver.url}/hook", secret="shared")).deliver([finding])
    ((path, headers, body),) = receiver.received
    assert path == "/hook"
    expected = hmac.new(b"shared", body, hashlib.sha256).hexdigest()
    assert headers["inferfleet-signature"] == f"sha256={expected}"
    event = json.loads(body)
    assert headers["idempotency-key"] == event["event"]
    assert event["finding_id"] == finding.finding_id
    assert event["cohort"]["model"] == "blazeface"
    assert event["evidence"] == {"sessions": 10, "leaking": 8}


def test_each_change_is_told_once_also_after_a_restart(receiver: Receiver, tmp_path: Path) -> None:
    def deliver(finding: Any) -> tuple[int, int, int, int]:
        made = notifier(tmp_path / "alerts.sqlite", **webhook(receiver.url))
        return only(made.deliver([finding]).targets)

    finding = a_finding()
    assert deliver(finding) == (1, 0, 0, 0)
    assert deliver(finding) == (0, 1, 0, 0)
    assert deliver(finding.model_copy(update={"severity": Severity.CRITICAL})) == (1, 0, 0, 0)
    assert deliver(resolved(finding)) == (1, 0, 0, 0)
    assert deliver(resolved(finding)) == (0, 1, 0, 0)
    assert [event["state"] for event in receiver.bodies] == ["open", "open", "resolved"]


def test_a_failing_receiver_is_tried_again_with_the_same_key(receiver: Receiver) -> None:
    receiver.answers = [503, 500, 200]
    assert only(notifier(**webhook(receiver.url)).deliver([a_finding()]).targets) == (1, 0, 0, 0)
    assert len({headers["idempotency-key"] for _, headers, _ in receiver.received}) == 1
    assert len(receiver.received) == 3


def test_a_resolve_that_could_not_be_delivered_is_owed_and_told_later(receiver: Receiver) -> None:
    made = notifier(**webhook(receiver.url))
    made.deliver([a_finding()])
    receiver.status = 503
    summary = made.deliver([resolved(a_finding())])
    assert only(summary.targets) == (0, 0, 0, 1)
    assert not summary.complete
    receiver.status = 200
    assert only(made.deliver([resolved(a_finding())]).targets) == (1, 0, 0, 0)
    assert receiver.bodies[-1]["state"] == "resolved"


def test_a_refused_finding_does_not_hold_up_the_next(receiver: Receiver) -> None:
    receiver.answers = [400]
    assert only(
        notifier(**webhook(receiver.url)).deliver([a_finding("first"), a_finding("second")]).targets
    ) == (1, 0, 1, 0)
    assert len(receiver.received) == 2


def test_a_redirect_is_a_refusal_and_is_not_followed(receiver: Receiver) -> None:
    receiver.status = 302
    assert only(notifier(**webhook(receiver.url)).deliver([a_finding()]).targets) == (0, 0, 1, 0)
    assert [path for path, _, _ in receiver.received] == ["/"]


def test_a_dead_target_costs_the_others_nothing(receiver: Receiver, dead_url: str) -> None:
    made = notifier(
        alertmanager_url=dead_url,
        webhooks=[
            {"name": "dead", "url": f"{dead_url}/hook-T0KEN"},
            {"name": "alive", "url": f"{receiver.url}/hook-T0KEN"},
        ],
    )
    with capture_logs() as events:
        parts = {part.target: part for part in made.deliver([a_finding("a"), a_finding("b")]).targets}
    assert (parts["webhook:alive"].delivered, parts["webhook:dead"].owed) == (2, 2)
    assert parts["alertmanager"].owed == 2
    assert parts["webhook:dead"].error == "ConnectError after 3 attempts"
    log = repr(events)
    assert "webhook:dead" in log
    assert "T0KEN" not in log


@pytest.mark.parametrize("url", ["http://a..b/hook", f"http://{'a' * 70}.example", "http://a.example/\x7f"])
def test_an_address_that_cannot_be_called_costs_the_others_nothing(receiver: Receiver, url: str) -> None:
    hooks = [{"name": "wrong", "url": f"{url}?token=hidden"}, {"name": "ops", "url": receiver.url}]
    with capture_logs() as logs:
        wrong, ops = notifier(webhooks=hooks).deliver([a_finding()]).targets
    assert (wrong.delivered, wrong.owed, ops.delivered, ops.owed) == (0, 1, 1, 0)
    assert wrong.error is not None
    assert "not an address that can be called" in wrong.error
    assert "hidden" not in repr(logs)


def test_a_ledger_that_cannot_be_written_does_not_silence_the_others(
    receiver: Receiver, tmp_path: Path
) -> None:
    made = notifier(tmp_path / "alerts.sqlite", alertmanager_url=receiver.url, **webhook(receiver.url))
    (tmp_path / "alerts.sqlite").write_bytes(b"this is no database" * 100)
    parts = {part.target: part for part in made.deliver([a_finding()]).targets}
    assert parts["alertmanager"].delivered == 1
    assert parts["webhook:ops"].owed == 1
    assert "ledger" in (parts["webhook:ops"].error or "")


class Clock:
    """The present, moved by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def test_what_waits_is_told_when_it_is_due_and_its_end_also_when_no_job_speaks_of_it_any_more(
    receiver: Receiver, tmp_path: Path
) -> None:
    clock = Clock()
    settings = {"warning_for_s": 600, "keep_firing_s": 86_400, **webhook(receiver.url)}

    def deliver(*findings: Finding) -> tuple[int, int]:
        made = Notifier(
            AlertSettings.model_validate(settings),
            ledger=SqliteLedger(tmp_path / "alerts.sqlite"),
            clock=clock,
        )
        (part,) = made.deliver(findings).targets
        return part.delivered, part.waiting

    finding = a_finding(opened_at=clock.now, updated_at=clock.now)
    assert deliver(finding) == (0, 1)
    clock.now += timedelta(minutes=10)
    assert deliver(finding) == (1, 0)
    assert deliver(resolved(finding.model_copy(update={"updated_at": clock.now}))) == (0, 0)
    clock.now += timedelta(days=3)
    assert deliver() == (1, 0)
    assert deliver() == (0, 0)
    assert [event["state"] for event in receiver.bodies] == ["open", "resolved"]


def test_in_quiet_hours_of_its_owner_a_warning_waits_and_a_critical_finding_does_not(
    receiver: Receiver,
) -> None:
    always = {"owner": "web", "start": "00:00", "end": "00:00"}
    made = notifier(quiet_hours=[always], **webhook(receiver.url))
    critical = a_finding("facemesh", severity=Severity.CRITICAL)
    (part,) = made.deliver([a_finding(), critical], owners={"demo": "web"}).targets
    assert (part.delivered, part.waiting) == (1, 1)
    assert [(event["severity"], event["owner"]) for event in receiver.bodies] == [("critical", "web")]
    assert made.deliver([a_finding()], owners={"demo": "ml"}).targets[0].delivered == 1


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # in apprise
def test_chat_is_told_through_apprise(receiver: Receiver) -> None:
    made = notifier(chat=[receiver.url.replace("http://", "json://")], fleet_page_url="https://fleet.example")
    assert only(made.deliver([a_finding()]).targets) == (1, 0, 0, 0)
    assert only(made.deliver([a_finding()]).targets) == (0, 1, 0, 0)
    assert only(made.deliver([resolved(a_finding())]).targets) == (1, 0, 0, 0)
    opened, ended = receiver.bodies
    assert opened["title"] == "[Warning] tensor leak: demo"
    assert "keeps 2 tensors per prediction" in opened["message"]
    assert "docs/runbooks/tensor_leak.md" in opened["message"]
    assert ended["title"] == "[Resolved] tensor leak: demo"


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # in apprise
def test_chat_that_is_down_is_owed(dead_url: str) -> None:
    made = notifier(chat=[dead_url.replace("http://", "json://")])
    assert only(made.deliver([a_finding("a"), a_finding("b")]).targets) == (0, 0, 0, 2)
