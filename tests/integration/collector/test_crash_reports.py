"""A browser's crash reports are incidents of an app; nothing else that they say is kept, and all count."""

import json
import time
from typing import Any

import httpx
import pytest

from collector.contract.reasons import Problem, Reason
from tests.integration.collector.conftest import Running

SECRET = "visitor-4711"


def a_crash(**other: Any) -> dict[str, Any]:
    """As Chromium 156 sends it, and what it could add."""
    return {
        "type": "crash",
        "age": 1200,
        "url": f"https://shop.example/?user={SECRET}",
        "user_agent": f"Mozilla/5.0 {SECRET}",
        "body": {
            "crash_report_api": {"user": SECRET},
            "is_top_level": True,
            "reason": "oom",
            "stack": SECRET,
            "visibility_state": "visible",
        },
        **other,
    }


def post(running: Running, body: object, query: str = "key=golden-key", **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"content-type": "application/reports+json", **headers}
    return running.client.post(f"/v1/reports?{query}", content=content, headers=named)


def items(running: Running) -> dict[tuple[str, str], int]:
    totals = running.collector.spool.ledger.totals()
    return {(count.outcome, count.reason): n for count, n in totals.items() if count.unit == "items"}


def test_crashes_are_stored_with_their_reason_and_nothing_else(running: Running) -> None:
    crashes = [
        a_crash(),
        a_crash(body={"reason": "unresponsive"}),
        a_crash(body={}),
        a_crash(body={"reason": {"nested": SECRET}}),
        {"type": "crash"},
    ]
    answer = post(running, crashes, "key=golden-key&release=1.4.0")
    assert (answer.status_code, answer.json()["accepted"]) == (202, 5)
    rows = running.rows(
        "SELECT * EXCEPT (received_at, batch_id, session), "
        "dateDiff('millisecond', at, received_at) AS age_ms "
        "FROM incidents WHERE app = 'golden' AND release = '1.4.0' ORDER BY age_ms, crash"
    )
    assert sorted(row["crash"] for row in rows) == ["oom", "other", "other", "other", "unresponsive"]
    assert {(row["kind"], row["phase"], row["model"], row["backend"]) for row in rows} == {
        ("killed", "unknown", "golden", "other")
    }
    assert [row["age_ms"] for row in rows] == [0, 1200, 1200, 1200, 1200]
    assert SECRET not in repr(rows)


def test_what_is_no_crash_is_counted_and_let_go(running: Running) -> None:
    before = items(running)
    mixed = [a_crash(), a_crash(type="deprecation"), {"age": 1}, 17, a_crash(age="soon")]
    answer = post(running, mixed)
    assert answer.status_code == 202
    told = answer.json()
    assert (told["accepted"], told["duplicate"]) == (1, 0)
    assert told["rejected"] == {"unknown_enum": 1, "invalid_item": 3}
    running.rows("SELECT 1")
    after = items(running)
    assert sum(after.values()) - sum(before.values()) == 6  # one of them is stored, too


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.MALFORMED_JSON),
        (b"[", Reason.MALFORMED_JSON),
        (b"[" * 60_000, Reason.MALFORMED_JSON),
        (b"\xff[]", Reason.MALFORMED_JSON),
        ({"type": "crash"}, Reason.INVALID_REPORT),
        ([], Reason.INVALID_REPORT),
        ([{"type": "deprecation"}], Reason.UNKNOWN_ENUM),
        ([a_crash(age=1e300)], Reason.TIMESTAMP_OUT_OF_RANGE),
        ([{"type": "crash"}] * 65, Reason.INVALID_REPORT),
        ([a_crash(url="x" * 70_000)], Reason.BODY_TOO_LARGE),
    ],
)
def test_bad_input_is_refused_with_its_reason(running: Running, body: object, reason: Reason) -> None:
    answer = post(running, body)
    assert (answer.status_code, Problem.model_validate(answer.json()).code) == (reason.status, reason.code)
    assert SECRET not in answer.text


def test_the_key_says_whose_page_it_was_and_the_origin_is_checked(running: Running) -> None:
    assert post(running, [a_crash()], "key=wrong").status_code == 401
    assert post(running, [a_crash()], "key=golden-key&app=strict").status_code == 401
    strict = "key=strict-key"
    assert post(running, [a_crash()], strict, origin="https://evil.example").status_code == 403
    assert post(running, [a_crash()], strict, origin="https://shop.example").status_code == 202
    long = post(running, [a_crash()], "key=golden-key&release=" + "x" * 65)
    assert (long.status_code, long.json()["code"]) == (422, "invalid_report")


def test_a_release_with_a_plus_is_that_release(running: Running) -> None:
    """Versions may have one (semver.org), and a server writes it into its header as it is."""
    for query in ("key=golden-key&release=1.4.0+build.7", "key=golden-key&release=1.4.0%2Bbuild.7"):
        assert post(running, [a_crash()], query).status_code == 202
    rows = running.rows("SELECT release FROM incidents WHERE app = 'golden' AND release LIKE '1.4.0_build%'")
    assert [row["release"] for row in rows] == ["1.4.0+build.7"] * 2


def test_the_bytes_decide_and_not_the_header_as_of_reports(running: Running) -> None:
    marked = b"\xef\xbb\xbf" + json.dumps([a_crash()]).encode()
    assert post(running, marked).status_code == 202
    assert post(running, [a_crash()], **{"content-type": "text/html"}).status_code == 202
    assert post(running, [a_crash()], **{"content-encoding": "gzip"}).status_code == 202


def test_a_browser_may_ask_first(running: Running) -> None:
    asked = running.client.options(
        "/v1/reports?key=golden-key",
        headers={
            "origin": "https://shop.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        },
    )
    assert asked.status_code in (200, 204)
    assert asked.headers["access-control-allow-headers"] == "content-type"
    assert running.client.get("/v1/reports?key=golden-key").status_code == 405


def test_many_at_once_are_bounded_by_the_keys_budget_as_reports_are(running: Running) -> None:
    began = time.monotonic()
    answers = [post(running, [{"type": "crash"}] * 64).status_code for _ in range(20)]
    assert set(answers) <= {202, 429}
    assert time.monotonic() - began < 20
