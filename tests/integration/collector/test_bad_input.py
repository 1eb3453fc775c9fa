"""Each bad input has a defined answer, is counted once, and costs nobody else anything."""

import gzip
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.contract.reasons import Problem, Reason
from collector.contract.report import Report
from tests.integration.collector.conftest import Running
from tests.unit.ingest.reports import a_report, a_window, encoded

BOMB = gzip.compress(bytes(60 << 20))


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (b"{not json", {}, Reason.MALFORMED_JSON),
        (b"", {}, Reason.MALFORMED_JSON),
        (encoded(a_report(sent_at="now")), {}, Reason.INVALID_REPORT),
        (encoded(a_report(v=3)), {}, Reason.UNSUPPORTED_VERSION),
        (encoded(a_report(windows=[a_window(backend="cuda")])), {}, Reason.UNKNOWN_ENUM),
        (encoded(a_report(windows=[a_window(started_at=1)])), {}, Reason.TIMESTAMP_OUT_OF_RANGE),
        (b"x" * (64 * 1024 + 1), {}, Reason.BODY_TOO_LARGE),
        (b"x" * (3 << 20), {}, Reason.BODY_TOO_LARGE),
        (BOMB, {"content_encoding": "gzip"}, Reason.INFLATED_TOO_LARGE),
        (gzip.compress(b" " * (512 * 1024 + 1)), {"content_encoding": "gzip"}, Reason.INFLATED_TOO_LARGE),
        (gzip.compress(encoded(a_report()))[:-9], {"content_encoding": "gzip"}, Reason.MALFORMED_GZIP),
        (BOMB, {"content_type": "text/plain"}, Reason.INFLATED_TOO_LARGE),
        (gzip.compress(encoded(a_report()))[:-9], {"content_type": "text/plain"}, Reason.MALFORMED_GZIP),
        (b"\x1f\x8b", {}, Reason.MALFORMED_GZIP),
        (b"neither gzip nor JSON", {"content_encoding": "gzip"}, Reason.MALFORMED_GZIP),
        (b"\x0b\x02\x80{}\x03", {"content_encoding": "br"}, Reason.UNSUPPORTED_ENCODING),
        (b"<!doctype html>", {"content_type": "text/html"}, Reason.UNSUPPORTED_MEDIA_TYPE),
        (encoded(a_report(app="nobody")), {}, Reason.UNKNOWN_KEY),
        (encoded(a_report(app="golden")), {}, Reason.UNKNOWN_KEY),
    ],
)
def test_bad_input_is_refused_with_its_reason(
    running: Running, body: bytes, headers: dict[str, str], reason: Reason
) -> None:
    before = rejected(running, reason)
    answer = running.post(body, **headers)
    assert answer.status_code == reason.status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert Problem.model_validate(answer.json()).code == reason.code
    assert rejected(running, reason) == before + 1


def rejected(running: Running, reason: Reason) -> int:
    totals = running.collector.spool.ledger.totals()
    return next(
        (
            n
            for c, n in totals.items()
            if (c.unit, c.outcome, c.reason) == ("reports", "rejected", reason.code)
        ),
        0,
    )


def test_an_answer_over_the_limit_comes_before_the_body_is_complete(running: Running) -> None:
    host, port = running.collector.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(
            b"POST /v1/report?key=demo-key HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 900000000\r\n\r\n{"
        )
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer


def test_a_body_that_dawdles_is_cut_off(running: Running) -> None:
    host, port = running.collector.url.removeprefix("http://").split(":")
    started = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(
            b"POST /v1/report?key=demo-key HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b'Content-Length: 500\r\n\r\n{"v":1'
        )
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 408")
    assert time.monotonic() - started < 5


def test_a_client_that_leaves_midway_is_counted(running: Running) -> None:
    before = rejected(running, Reason.BODY_INTERRUPTED)
    host, port = running.collector.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(
            b"POST /v1/report?key=demo-key HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b'Content-Length: 500\r\n\r\n{"v":1'
        )
    deadline = time.monotonic() + 5
    while rejected(running, Reason.BODY_INTERRUPTED) == before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert rejected(running, Reason.BODY_INTERRUPTED) == before + 1


def test_a_report_twice_is_stored_once(running: Running) -> None:
    report = a_report()
    first, second = running.post(report).json(), running.post(report).json()
    assert (first["accepted"], first["duplicate"]) == (1, 0)
    assert (second["accepted"], second["duplicate"]) == (0, 1)
    assert stored(running, report) == 1
    assert running.post(report).json()["duplicate"] == 1  # after it was drained, too


def test_a_report_many_times_at_once_is_stored_once(running: Running) -> None:
    report = a_report()
    gate = threading.Barrier(8)

    def post(_: int) -> dict[str, Any]:
        gate.wait()
        answer: dict[str, Any] = running.post(report).json()
        return answer

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(8)))
    assert sum(answer["accepted"] for answer in answers) == 1
    assert sum(answer["duplicate"] for answer in answers) == 7
    assert stored(running, report) == 1


def stored(running: Running, report: dict[str, Any]) -> int:
    rows = running.rows(f"SELECT count() AS n FROM windows WHERE batch_id = '{report['batch_id']}'")
    n: int = rows[0]["n"]
    return n


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_an_hour_off_is_corrected(running: Running, hours: int) -> None:
    off = hours * 3600 * 1000
    report = a_report()
    report["sent_at"] += off
    report["windows"][0]["started_at"] += off
    assert running.post(report).status_code == 202
    row = running.rows(
        "SELECT clock_skew_ms, dateDiff('second', at, received_at) AS age FROM windows "
        f"WHERE batch_id = '{report['batch_id']}'"
    )[0]
    assert abs(row["clock_skew_ms"] + off) < 5000
    assert 55 <= row["age"] <= 70


def test_a_clock_that_is_set_back_in_mid_life_loses_no_item(running: Running) -> None:
    report = a_report()
    report["windows"] = [a_window(started_at=report["sent_at"] + 10 * 60_000), a_window()]
    answer = running.post(report)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    ages = running.rows(
        "SELECT dateDiff('millisecond', at, received_at) AS age FROM windows "
        f"WHERE batch_id = '{report['batch_id']}' ORDER BY age"
    )
    assert ages[0]["age"] == 0
    assert 55_000 <= ages[1]["age"] <= 70_000


def test_a_clock_that_was_far_ahead_costs_only_the_items_that_it_dated(running: Running) -> None:
    report = a_report()
    report["windows"] = [a_window(started_at=report["sent_at"] + 3 * 86_400_000), a_window()]
    answer = running.post(report)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    assert answer.json()["rejected"] == {"timestamp_out_of_range": 1}


def test_good_items_of_a_bad_report_are_kept_and_the_answer_adds_up(running: Running) -> None:
    report = a_report(
        windows=[a_window(), a_window(backend="cuda"), a_window(count=-1), a_window(started_at=1)]
    )
    answer = running.post(report)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    assert answer.json()["rejected"] == {"unknown_enum": 1, "invalid_item": 1, "timestamp_out_of_range": 1}
    assert stored(running, report) == 1


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=10), children, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    field=st.sampled_from(
        [*sorted(a_report()), *(name for name in Report.ITEM_LISTS if name != "windows"), "dropped", "other"]
    ),
    value=ANY_JSON,
    gzipped=st.booleans(),
)
def test_no_json_makes_a_500(running: Running, field: str, value: Any, gzipped: bool) -> None:
    body = json.dumps({**a_report(), field: value}).encode()
    headers = {"content_encoding": "gzip"} if gzipped else {}
    answer = running.post(gzip.compress(body) if gzipped else body, **headers)
    assert answer.status_code in (202, 400, 401, 403, 413, 422)
    if answer.status_code != 202:
        Problem.model_validate(answer.json())
