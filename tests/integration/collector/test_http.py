"""What the collector's HTTP surface promises besides taking reports."""

import gzip
import json
import time
from pathlib import Path

import pytest

from collector.contract.device_class import FACTS
from collector.contract.reasons import Problem, Reason
from collector.contract.report import Device, Report, ReportAnswer
from tests.integration.collector.conftest import Running
from tests.unit.ingest.reports import a_report, encoded

GOLDEN = sorted((Path(__file__).parents[2] / "vectors" / "reports").glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_reports_of_released_versions_are_taken_for_ever(running: Running, path: Path) -> None:
    answer = running.post(path.read_bytes(), key="golden-key")
    assert answer.status_code == 202, answer.text
    counts = ReportAnswer.model_validate(answer.json())
    report = Report.model_validate_json(path.read_bytes())
    assert counts.accepted + counts.duplicate == report.item_count()
    assert counts.rejected == {}


def test_there_are_released_reports_to_replay() -> None:
    assert GOLDEN


def test_a_beacon_may_send_text(running: Running) -> None:
    answer = running.post(a_report(), content_type="text/plain;charset=UTF-8")
    assert answer.status_code == 202


def test_an_answer_names_the_config_of_the_device_that_reports(running: Running) -> None:
    report = a_report()
    device = Device.model_validate_json(json.dumps(report.get("device", {})))
    facts = {fact: str(getattr(device, fact)) for fact in FACTS}
    etag = running.client.get("/v1/config/demo", params=facts).headers["etag"]
    assert running.post(report).json()["config_etag"] in (None, etag)  # looked up meanwhile, never waited for
    deadline = time.monotonic() + 10
    while (told := running.post(a_report()).json()["config_etag"]) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert told == etag


def test_gzip_is_taken(running: Running) -> None:
    answer = running.post(gzip.compress(encoded(a_report())), content_encoding="gzip")
    assert answer.status_code == 202


def test_gzip_is_known_without_a_header_that_costs_a_page_a_preflight(running: Running) -> None:
    answer = running.post(gzip.compress(encoded(a_report())), content_type="text/plain")
    assert answer.status_code == 202
    assert answer.json()["accepted"] > 0


def test_a_key_may_come_in_a_header_and_there_may_be_two(running: Running) -> None:
    for key in ("demo-key", "next-key"):
        answer = running.client.post(
            "/v1/report",
            content=encoded(a_report()),
            headers={"x-inferfleet-key": key, "content-type": "application/json"},
        )
        assert answer.status_code == 202


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://shop.example", 202), ("https://evil.example", 403), ("null", 403), (None, 202)],
)
def test_only_the_apps_own_origins_may_report(running: Running, origin: str | None, status: int) -> None:
    headers = {} if origin is None else {"origin": origin}
    answer = running.post(a_report(app="strict"), key="strict-key", **headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == Reason.ORIGIN_NOT_ALLOWED.code


def test_a_browser_may_ask_first(running: Running) -> None:
    answer = running.client.options(
        "/v1/report?key=demo-key",
        headers={"origin": "https://shop.example", "access-control-request-method": "POST"},
    )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-encoding" in answer.headers["access-control-allow-headers"].lower()


def test_pages_may_read_etag_and_retry_after(running: Running) -> None:
    exposed = running.post(a_report()).headers["access-control-expose-headers"]
    assert {"ETag", "Retry-After"} <= {name.strip() for name in exposed.split(",")}


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("GET", "/v1/nothing", Reason.NOT_FOUND),
        ("GET", "/v1/report", Reason.METHOD_NOT_ALLOWED),
        ("PUT", "/v1/report", Reason.METHOD_NOT_ALLOWED),
        ("POST", "/healthz", Reason.METHOD_NOT_ALLOWED),
        ("POST", "/v1/admin/jobs/leaks", Reason.ADMIN_TOKEN_REQUIRED),
    ],
)
def test_every_refusal_has_the_one_shape(running: Running, method: str, path: str, reason: Reason) -> None:
    answer = running.client.request(method, path)
    assert answer.status_code == reason.status
    assert answer.headers["content-type"] == "application/problem+json"
    assert Problem.model_validate(answer.json()).code == reason.code
    if reason is Reason.METHOD_NOT_ALLOWED:
        assert answer.headers["allow"]


def test_the_admin_token_is_asked_for_and_a_wrong_one_refused(running: Running) -> None:
    for header in ("", "Bearer", "Bearer wrong", "Basic " + running.collector.admin_token):
        assert running.client.post("/v1/admin/jobs/x", headers={"authorization": header}).status_code == 401
    right = {"authorization": f"Bearer {running.collector.admin_token}"}
    assert running.client.post("/v1/admin/jobs/no-such-job", headers=right).status_code == 404


def test_ready_means_the_spool_takes_writes_and_the_store_answers(running: Running) -> None:
    answer = running.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": {"spool": "ok", "store": "ok"}}
