from datetime import timedelta

from collector.alerts.alertmanager import to_alerts
from collector.alerts.settings import AlertSettings
from collector.contract.finding import Cohort, Every, FindingKind, Severity
from tests.unit.alerts.examples import OPENED, a_finding, resolved

SETTINGS = AlertSettings(
    fleet_page_url="https://fleet.example/",
    runbook_base_url="https://docs.example/runbooks/",
    alertmanager_hold_s=600,
)


def test_an_open_finding_is_an_alert_that_ends_unless_sent_again() -> None:
    finding = a_finding()
    (alert,) = to_alerts(finding, SETTINGS)
    assert alert["labels"] == {
        "alertname": "InferfleetTensorLeak",
        "app": "demo",
        "model": "blazeface",
        "release": "1.4.0",
        "backend": "webgl",
        "severity": "warning",
        "finding_id": finding.finding_id,
    }
    assert alert["annotations"]["runbook_url"] == "https://docs.example/runbooks/tensor_leak.md"
    assert alert["annotations"]["summary"] == finding.summary
    assert alert["generatorURL"] == "https://fleet.example/?app=demo"
    assert alert["startsAt"] == OPENED.isoformat()
    assert alert["endsAt"] == (finding.updated_at + timedelta(seconds=600)).isoformat()


def test_a_resolved_finding_ends_its_alert() -> None:
    finding = resolved(a_finding())
    (alert,) = to_alerts(finding, SETTINGS)
    assert finding.resolved_at is not None
    assert alert["endsAt"] == finding.resolved_at.isoformat()


def test_a_finding_that_escalated_ends_the_warning_it_was_until_that_has_run_out() -> None:
    finding = a_finding(severity=Severity.CRITICAL)
    finding.evidence["escalated_at"] = finding.updated_at.isoformat()
    critical, warning = to_alerts(finding, SETTINGS)
    assert critical["labels"]["severity"] == "critical"
    assert warning["labels"] == {**critical["labels"], "severity": "warning"}
    assert warning["endsAt"] == finding.updated_at.isoformat()
    later = finding.model_copy(update={"updated_at": finding.updated_at + timedelta(seconds=601)})
    assert len(to_alerts(later, SETTINGS)) == 1


def test_an_alert_never_ends_before_it_starts() -> None:
    finding = a_finding(updated_at=OPENED - timedelta(seconds=5))
    for alert in to_alerts(resolved(finding), SETTINGS):
        assert alert["endsAt"] >= alert["startsAt"]


def test_a_finding_about_all_models_and_backends_names_what_its_sessions_share() -> None:
    cohort = Cohort(app="demo", model=Every.ANY, release="2.0", backend=Every.ANY, scope="gpu=adreno-6xx")
    found = a_finding(kind=FindingKind.LATENCY_REGRESSION, cohort=cohort)
    (alert,) = to_alerts(found, AlertSettings())
    assert alert["labels"] == {
        "alertname": "InferfleetLatencyRegression",
        "app": "demo",
        "model": "*",
        "release": "2.0",
        "backend": "*",
        "scope": "gpu=adreno-6xx",
        "severity": "warning",
        "finding_id": found.finding_id,
    }
    assert alert["annotations"]["runbook_url"].endswith("/latency_regression.md")
    elsewhere = cohort.model_copy(update={"scope": "gpu=apple"})
    assert a_finding(kind=FindingKind.LATENCY_REGRESSION, cohort=elsewhere).finding_id != found.finding_id
