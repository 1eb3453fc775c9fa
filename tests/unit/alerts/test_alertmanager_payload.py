from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from collector.alerts.alertmanager import to_alerts
from collector.alerts.settings import AlertSettings
from collector.contract.finding import Cohort, Every, Finding, FindingKind, Severity
from tests.unit.alerts.examples import OPENED, a_finding, resolved, told

SETTINGS = AlertSettings(
    fleet_page_url="https://fleet.example/",
    runbook_base_url="https://docs.example/runbooks/",
    alertmanager_hold_s=600,
)


def alerts_of(finding: Finding, **kwargs: Any) -> list[dict[str, Any]]:
    return to_alerts(told(finding, **kwargs), SETTINGS)


def test_an_open_finding_is_an_alert_that_ends_unless_sent_again() -> None:
    finding = a_finding()
    (alert,) = alerts_of(finding)
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
    since = int((OPENED - timedelta(days=1)).timestamp() * 1000)
    page = f"https://fleet.example/?app=demo&model=blazeface&release=1.4.0&backend=webgl&from={since}"
    assert alert["generatorURL"] == alert["annotations"]["dashboard_url"] == page
    assert finding.summary in alert["annotations"]["description"]
    assert "release 1.4.0, backend webgl" in alert["annotations"]["description"]
    assert alert["startsAt"] == OPENED.isoformat()
    assert alert["endsAt"] == (finding.updated_at + timedelta(seconds=600)).isoformat()


def test_a_resolved_finding_ends_its_alert() -> None:
    finding = resolved(a_finding())
    (alert,) = alerts_of(finding)
    assert finding.resolved_at is not None
    assert alert["endsAt"] == finding.resolved_at.isoformat()


def test_a_finding_that_escalated_ends_the_warning_it_was_until_that_has_run_out() -> None:
    finding = a_finding(severity=Severity.CRITICAL)
    finding.evidence["escalated_at"] = finding.updated_at.isoformat()
    critical, warning = alerts_of(finding)
    assert critical["labels"]["severity"] == "critical"
    assert warning["labels"] == {**critical["labels"], "severity": "warning"}
    assert warning["endsAt"] == finding.updated_at.isoformat()
    later = finding.model_copy(update={"updated_at": finding.updated_at + timedelta(seconds=601)})
    assert len(alerts_of(later)) == 1


def test_an_alert_never_ends_before_it_starts() -> None:
    finding = a_finding(updated_at=OPENED - timedelta(seconds=5))
    for alert in alerts_of(resolved(finding)):
        assert alert["endsAt"] >= alert["startsAt"]


def test_it_starts_when_it_was_told_so_that_alertmanager_waits_for_its_group() -> None:
    (alert,) = alerts_of(a_finding(), at=OPENED + timedelta(minutes=10))
    assert alert["startsAt"] == (OPENED + timedelta(minutes=10)).isoformat()


def test_an_owner_is_a_label_and_none_is_none() -> None:
    assert alerts_of(a_finding(), owner="web")[0]["labels"]["owner"] == "web"
    assert "owner" not in alerts_of(a_finding())[0]["labels"]


def test_a_link_quotes_what_pages_named() -> None:
    cohort = Cohort(app="demo", model="a b&c=d/\u00e4#?", release="", backend=a_finding().cohort.backend)
    (alert,) = alerts_of(resolved(a_finding(cohort=cohort)))
    assert alert["generatorURL"].isascii()
    assert " " not in alert["generatorURL"]
    query = parse_qs(urlsplit(alert["generatorURL"]).query)
    assert query["model"] == ["a b&c=d/\u00e4#?"]
    assert query["release"] == ["(none)"]
    assert int(query["from"][0]) < int(query["to"][0])
    assert "release" not in alert["labels"]


def test_a_finding_about_all_models_and_backends_names_what_its_sessions_share() -> None:
    cohort = Cohort(app="demo", model=Every.ANY, release="2.0", backend=Every.ANY, scope="gpu=adreno-6xx")
    found = a_finding(kind=FindingKind.LATENCY_REGRESSION, cohort=cohort)
    (alert,) = alerts_of(found)
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
    query = parse_qs(urlsplit(alert["generatorURL"]).query)
    assert {name: query.get(name) for name in ("app", "model", "release", "backend")} == {
        "app": ["demo"],
        "model": None,
        "release": ["2.0"],
        "backend": None,
    }
    elsewhere = cohort.model_copy(update={"scope": "gpu=apple"})
    assert a_finding(kind=FindingKind.LATENCY_REGRESSION, cohort=elsewhere).finding_id != found.finding_id
