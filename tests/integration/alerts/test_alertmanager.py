"""Delivery to a real Alertmanager: Debian's prometheus-alertmanager, and a current one."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.alerts import AlertSettings, DeliverySummary, Ledger, MemoryLedger, Notifier, SqliteLedger
from collector.alerts.notice import Notice
from collector.contract.finding import Finding, Severity
from tests.integration.alerts.alertmanagers import Alertmanager
from tests.integration.alerts.programs import wait_for
from tests.integration.alerts.receiver import Receiver
from tests.unit.alerts.examples import a_finding, resolved

pytestmark = pytest.mark.timeout(1500)  # the first of them may have to build Alertmanager

SHIPPED = Path(__file__).resolve().parents[3] / "deploy" / "alertmanager" / "alertmanager.yml"


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


def deliver(
    server: Alertmanager, *findings: Finding, ledger: Ledger | None = None, owners: Any = None, **more: Any
) -> DeliverySummary:
    settings = {"alertmanager_url": server.url, "fleet_page_url": "https://fleet.example", **more}
    summary = Notifier(AlertSettings.model_validate(settings), ledger=ledger).deliver(findings, owners=owners)
    assert summary.complete, summary
    return summary


def touched(finding: Finding, **changes: Any) -> Finding:
    return finding.model_copy(update={"updated_at": datetime.now(UTC), **changes})


def test_a_leak_is_shown_told_and_ended(alertmanager: Alertmanager, receiver: Receiver) -> None:
    finding = touched(a_finding())
    deliver(alertmanager, finding)
    (alert,) = wait_for("the alert is active", alertmanager.alerts)
    assert alert["labels"]["finding_id"] == finding.finding_id
    assert alert["labels"]["alertname"] == "InferfleetTensorLeak"
    assert alert["annotations"]["runbook_url"].endswith("/tensor_leak.md")
    assert alert["generatorURL"] == alert["annotations"]["dashboard_url"]
    assert alert["generatorURL"].startswith("https://fleet.example/?app=demo&model=blazeface&")
    assert finding.summary in alert["annotations"]["description"]
    told = wait_for("the receiver is told", lambda: receiver.bodies)[0]
    assert told["status"] == "firing"
    assert told["alerts"][0]["annotations"]["summary"] == finding.summary

    deliver(alertmanager, touched(finding))
    assert len(alertmanager.alerts()) == 1

    deliver(alertmanager, resolved(touched(finding)))
    wait_for("no alert is active", lambda: not alertmanager.alerts())
    wait_for("the receiver is told", lambda: receiver.bodies[-1]["status"] == "resolved")
    assert len(receiver.bodies) == 2


def test_a_warning_that_becomes_critical_is_one_alert(alertmanager: Alertmanager, receiver: Receiver) -> None:
    deliver(alertmanager, touched(a_finding()))
    wait_for("the alert is active", alertmanager.alerts)
    now = datetime.now(UTC)
    escalated = {"evidence": {"escalated_at": now.isoformat()}, "severity": Severity.CRITICAL}
    deliver(alertmanager, touched(a_finding(), **escalated))
    wait_for(
        "only the critical one is active",
        lambda: [alert["labels"]["severity"] for alert in alertmanager.alerts()] == ["critical"],
    )
    deliver(alertmanager, resolved(touched(a_finding(), **escalated)))
    wait_for("no alert is active", lambda: not alertmanager.alerts())


def test_a_finding_critical_from_the_start_tells_of_no_warning(
    alertmanager: Alertmanager, receiver: Receiver
) -> None:
    now = datetime.now(UTC)
    deliver(alertmanager, touched(a_finding(), severity=Severity.CRITICAL, opened_at=now, updated_at=now))
    told = wait_for("the receiver is told", lambda: receiver.bodies)
    time.sleep(0.8)  # two group intervals more
    assert {(alert["labels"]["severity"], alert["status"]) for body in told for alert in body["alerts"]} == {
        ("critical", "firing")
    }


def test_an_alert_that_is_not_sent_again_ends_by_itself(alertmanager: Alertmanager) -> None:
    stale = touched(a_finding(), updated_at=datetime.now(UTC) - timedelta(seconds=3598))
    deliver(alertmanager, stale)
    wait_for("the alert is active", alertmanager.alerts, 2)
    wait_for("the alert has ended", lambda: not alertmanager.alerts())


@pytest.mark.parametrize("config", [SHIPPED.read_text(encoding="utf-8")], ids=["deploy"])
def test_the_shipped_configuration_does_not_tell_a_leak_twice(alertmanager: Alertmanager) -> None:
    """Grafana has rules over the same findings; the collector's alert mutes them for its cohort alone."""
    deliver(alertmanager, touched(a_finding(), severity=Severity.CRITICAL))
    cohort = {"app": "demo", "model": "blazeface", "release": "1.4.0", "backend": "webgl"}
    rule = {"alertname": "Leak finding open", "grafana_folder": "Inferfleet", "severity": "critical"}
    alertmanager.post({"labels": {**rule, **cohort}}, {"labels": {**rule, **cohort, "backend": "wasm-simd"}})
    expected = {
        ("InferfleetTensorLeak", "webgl"): "active",
        ("Leak finding open", "webgl"): "suppressed",
        ("Leak finding open", "wasm-simd"): "active",
    }
    wait_for("one of three alerts is muted", lambda: alertmanager.states("alertname", "backend") == expected)


def new(model: str = "blazeface", **changes: Any) -> Finding:
    """A finding that opened now."""
    now = datetime.now(UTC)
    return a_finding(model, **{"opened_at": now, "updated_at": now, **changes})


def told_of(receiver: Receiver) -> list[dict[str, str]]:
    """Of each message: model -> firing or resolved."""
    return [
        {alert["labels"]["model"]: alert["status"] for alert in body["alerts"]} for body in receiver.bodies
    ]


@pytest.mark.parametrize("group_wait", ["1s"])
def test_findings_of_one_run_are_one_message_also_after_they_waited(
    alertmanager: Alertmanager, receiver: Receiver, ledger: MemoryLedger
) -> None:
    """They opened two hours ago and are told now, which Alertmanager must not take for late."""
    names = ("blazeface", "facemesh", "movenet")
    deliver(alertmanager, *[touched(a_finding(name)) for name in names], ledger=ledger, warning_for_s=3600)
    wait_for("the receiver is told", lambda: receiver.bodies)
    assert told_of(receiver) == [dict.fromkeys(names, "firing")]


def test_a_finding_that_flaps_is_told_once_and_its_end_once(
    alertmanager: Alertmanager, receiver: Receiver, ledger: MemoryLedger
) -> None:
    for _ in range(3):
        deliver(alertmanager, new(), ledger=ledger, keep_firing_s=2)
        time.sleep(0.4)
        deliver(alertmanager, resolved(new()), ledger=ledger, keep_firing_s=2)
        time.sleep(0.4)
    assert told_of(receiver) == [{"blazeface": "firing"}]
    end = resolved(new())
    deliver(alertmanager, end, ledger=ledger, keep_firing_s=2)
    time.sleep(2)
    for _ in range(3):
        deliver(alertmanager, end, ledger=ledger, keep_firing_s=2)
        time.sleep(0.4)
    assert told_of(receiver) == [{"blazeface": "firing"}, {"blazeface": "resolved"}]


def test_what_goes_on_is_not_told_again_and_an_old_end_not_with_what_is_new(
    alertmanager: Alertmanager, receiver: Receiver, ledger: MemoryLedger
) -> None:
    stays, ends = new("stays"), new("ends")
    deliver(alertmanager, stays, ends, ledger=ledger)
    wait_for("both are told", lambda: told_of(receiver)[-1:] == [{"stays": "firing", "ends": "firing"}])
    for _ in range(4):
        deliver(alertmanager, touched(stays), touched(ends), ledger=ledger)
        time.sleep(0.2)
    count = len(receiver.bodies)
    long_ago = resolved(touched(ends, updated_at=datetime.now(UTC) - timedelta(minutes=16)))
    deliver(alertmanager, touched(stays), long_ago, ledger=ledger)  # to a server that was away since
    wait_for("its end is told", lambda: len(receiver.bodies) > count)
    assert told_of(receiver)[-1] == {"stays": "firing", "ends": "resolved"}
    deliver(alertmanager, touched(stays), long_ago, new("comes"), ledger=ledger)
    wait_for("the new one is told", lambda: len(receiver.bodies) > count + 1)
    time.sleep(0.5)
    assert told_of(receiver)[count + 1 :] == [{"stays": "firing", "comes": "firing"}]


def test_a_silence_mutes_and_others_are_told(
    alertmanager: Alertmanager, receiver: Receiver, ledger: MemoryLedger
) -> None:
    alertmanager.silence(app="demo", model="muted")
    deliver(alertmanager, new("muted"), new("loud"), ledger=ledger)
    wait_for("one is told", lambda: receiver.bodies)
    time.sleep(0.7)
    assert told_of(receiver) == [{"loud": "firing"}]
    assert alertmanager.states("model") == {("muted",): "suppressed", ("loud",): "active"}


def test_either_side_may_restart_and_nobody_is_told_twice(
    alertmanager: Alertmanager, receiver: Receiver, tmp_path: Path
) -> None:
    file = tmp_path / "alerts.sqlite"
    finding = new()
    deliver(alertmanager, finding, ledger=SqliteLedger(file))
    wait_for("it is told", lambda: receiver.bodies)
    alertmanager.stop()
    dead = Notifier(
        AlertSettings.model_validate({"alertmanager_url": alertmanager.url, "attempts": 1}),
        ledger=SqliteLedger(file),
    )
    assert dead.deliver([touched(finding)]).targets[0].owed == 1
    assert dead.debts.owed() == {"alertmanager": 1}
    alertmanager.start()  # it forgot the alert, and knows that it told of it
    deliver(alertmanager, touched(finding), ledger=SqliteLedger(file))
    wait_for("it is active again", alertmanager.alerts)
    time.sleep(0.7)
    assert told_of(receiver) == [{"blazeface": "firing"}]
    end = resolved(touched(finding))
    deliver(alertmanager, end, ledger=SqliteLedger(file))
    alertmanager.stop()  # perhaps before the end was told
    alertmanager.start()
    deliver(alertmanager, end, ledger=SqliteLedger(file))
    wait_for("the end is told", lambda: told_of(receiver)[-1] == {"blazeface": "resolved"})
    time.sleep(0.7)
    assert told_of(receiver) == [{"blazeface": "firing"}, {"blazeface": "resolved"}]


def test_one_that_is_refused_does_not_hold_up_the_others(
    alertmanager: Alertmanager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of a request is kept, so that a fault of ours in one link would silence all findings."""
    good = Notice.dashboard_url
    monkeypatch.setattr(
        Notice,
        "dashboard_url",
        lambda notice, settings: "no link" if notice.cohort["model"] == "bad" else good(notice, settings),
    )
    settings = AlertSettings.model_validate(
        {"alertmanager_url": alertmanager.url, "fleet_page_url": "https://fleet.example"}
    )
    notifier = Notifier(settings)
    (part,) = notifier.deliver([new("one"), new("bad"), new("two")]).targets
    assert (part.delivered, part.refused, part.owed) == (2, 1, 0)
    assert part.error is not None
    assert part.error.startswith("HTTP 422")
    assert set(alertmanager.states("model")) == {("one",), ("two",)}
    assert notifier.debts.owed() == {"alertmanager": 1}


NASTY = ["a b", "\u00e4\u00f6", "100%", "a/b?c#d&e=f", '"quoted"', "\U0001f98a", "x" * 200, "http://[::1"]


def test_whatever_pages_call_their_models_it_is_taken(alertmanager: Alertmanager) -> None:
    deliver(alertmanager, *[new(name) for name in NASTY])
    assert set(alertmanager.states("model")) == {(name,) for name in NASTY}


@pytest.mark.parametrize("config", [SHIPPED.read_text(encoding="utf-8")], ids=["deploy"])
def test_the_shipped_configuration_routes_by_owner_and_mutes_a_warning_beside_its_critical(
    alertmanager: Alertmanager,
) -> None:
    deliver(alertmanager, new(), owners={"demo": "web"})
    warning = new("blazeface", cohort=a_finding().cohort)
    deliver(alertmanager, warning.model_copy(update={"severity": Severity.CRITICAL}), owners={})
    expected = {("warning", "web"): "suppressed", ("critical", ""): "active"}
    wait_for("the warning is muted", lambda: alertmanager.states("severity", "owner") == expected)
    receivers = {
        alert["labels"]["severity"]: [receiver["name"] for receiver in alert["receivers"]]
        for alert in alertmanager.alerts()
    }
    assert receivers == {"warning": ["web"], "critical": ["operators"]}
