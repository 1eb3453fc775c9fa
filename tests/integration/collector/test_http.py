"""What the collector's HTTP surface promises besides taking reports."""

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.contract.device_class import FACTS
from collector.contract.reasons import Problem, Reason
from collector.contract.report import Device, Report, ReportAnswer
from tests.integration.collector.conftest import KEY, WRAPPED, Running
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


@pytest.mark.parametrize("origin", WRAPPED)
def test_pages_of_apps_extensions_and_files_may_report(running: Running, origin: str) -> None:
    assert running.post(a_report(app="wrapped"), key="wrapped-key", origin=origin).status_code == 202
    assert running.post(a_report(app="strict"), key="strict-key", origin=origin).status_code == 403


def test_a_browser_may_ask_first(running: Running) -> None:
    answer = running.client.options(
        "/v1/report?key=demo-key",
        headers={"origin": "https://shop.example", "access-control-request-method": "POST"},
    )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-encoding" in answer.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize("path", ["/v1/report?key=demo-key", "/v1/config/demo"])
@pytest.mark.parametrize(
    "added",
    [
        "traceparent,baggage",
        "sentry-trace, x-datadog-trace-id",
        "authorization,x-csrf-token,x-requested-with",
    ],
)
def test_headers_that_a_page_adds_to_all_requests_are_allowed(
    running: Running, path: str, added: str
) -> None:
    answer = running.client.options(
        path,
        headers={
            "origin": "https://shop.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": added,
        },
    )
    assert answer.status_code == 204
    allowed = {name.strip() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert allowed == {name.strip() for name in added.split(",")}
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("asked", ["x-a," * 700 + "x-b", "x-a; x-b", "(x)"])
def test_what_is_no_list_of_header_names_is_not_echoed(running: Running, asked: str) -> None:
    answer = running.client.options("/v1/report", headers={"access-control-request-headers": asked})
    assert answer.headers["access-control-allow-headers"].startswith("Content-Type, ")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/config/no-such-app"),
        ("GET", "/v1/config"),
        ("PUT", "/v1/config/demo"),
        ("GET", "/v1/report"),
        ("GET", "/v1/reports"),
        ("POST", "/v1/report?key=wrong"),
    ],
)
def test_a_page_may_read_why_it_was_refused(running: Running, method: str, path: str) -> None:
    answer = running.client.request(method, path, headers={"origin": "https://shop.example"})
    assert answer.status_code >= 400
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]


def test_other_sites_may_not_read_the_admin_routes(running: Running) -> None:
    assert "access-control-allow-origin" not in running.client.get("/v1/admin/apps").headers


@pytest.mark.parametrize(
    "changed",
    [
        "{}",
        "W/{}",
        '"{h}-gzip"',
        '"{h}--gzip"',
        'W/"{h}-gzip"',
        '"{h};br"',
        "{}-gzip",
        '"other", W/"{h}-br"',
        "*",
    ],
)
def test_a_tag_that_a_proxy_changed_still_answers_not_modified(running: Running, changed: str) -> None:
    etag = running.client.get("/v1/config/demo").headers["etag"]
    tag = changed.replace("{h}", etag.strip('"')).replace("{}", etag)
    answer = running.client.get("/v1/config/demo", headers={"if-none-match": tag})
    assert answer.status_code == 304
    assert answer.headers["etag"] == etag


@pytest.mark.parametrize("tag", ['"other"', 'W/"other-gzip"', '""', "W/"])
def test_a_tag_of_another_config_gets_the_config(running: Running, tag: str) -> None:
    assert running.client.get("/v1/config/demo", headers={"if-none-match": tag}).status_code == 200


def test_json_under_a_stale_content_encoding_is_taken(running: Running) -> None:
    for body in (encoded(a_report()), b"\r\n " + encoded(a_report())):
        assert running.post(body, content_encoding="gzip").status_code == 202
    broken = running.post(b"\x00\x01 no gzip", content_encoding="gzip")
    assert broken.json()["code"] == Reason.MALFORMED_GZIP.code


BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        (lambda body: BOM + body, {}),
        (lambda body: gzip.compress(BOM + body), {}),
        (lambda body: body, {"content_encoding": "br"}),
        (gzip.compress, {"content_encoding": "x-gzip"}),
        (lambda body: body, {"content_type": "application/x-www-form-urlencoded; charset=UTF-8"}),
        (lambda body: body, {"content_type": "application/vnd.api+json"}),
        (gzip.compress, {"content_type": "application/octet-stream"}),
    ],
    ids=["a mark", "a mark in gzip", "a stale br", "x-gzip", "a form's type", "JSON:API's type", "no type"],
)
def test_the_bytes_decide_whatever_headers_and_marks_were_put_on_the_way(
    running: Running, change: Callable[[bytes], bytes], headers: dict[str, str]
) -> None:
    answer = running.post(change(encoded(a_report())), **headers)
    assert (answer.status_code, answer.json().get("rejected")) == (202, {}), answer.text


@pytest.mark.parametrize("path", ["/v1/report/", "//v1/report", "/v1//report/"])
def test_a_report_is_taken_at_a_path_with_slashes_of_a_proxys(running: Running, path: str) -> None:
    url = f"{str(running.client.base_url).rstrip('/')}{path}?key={KEY}"
    asked = running.client.options(url, headers={"access-control-request-headers": "traceparent"})
    assert asked.headers["access-control-allow-headers"] == "traceparent"
    assert running.client.post(url, content=encoded(a_report())).status_code == 202


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/config/demo/", 200), ("//v1/config/demo", 200), ("/v1/reporting", 404), ("/v1/config/", 404)],
)
def test_a_config_is_given_at_a_path_with_slashes_of_a_proxys(
    running: Running, path: str, status: int
) -> None:
    answer = running.client.get(f"{str(running.client.base_url).rstrip('/')}{path}")
    assert answer.status_code == status


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


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz"])
def test_a_probe_may_ask_for_the_head_alone(running: Running, path: str) -> None:
    whole, head = running.client.get(path), running.client.head(path)
    assert head.status_code == whole.status_code == 200
    assert whole.content
    assert head.content == b""
    for name in ("content-type", "content-length", "cache-control"):
        assert head.headers.get(name) == whole.headers.get(name), name
