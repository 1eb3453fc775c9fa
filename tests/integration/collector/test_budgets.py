"""Who may not report costs nothing, and who reports too much is told to wait."""

import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

import collector.api.reports.report
from collector.contract.reasons import Reason
from collector.ingest.accounting import Count
from collector.ingest.settings import LimitSettings
from tests.integration.collector.conftest import KEY, Running
from tests.unit.ingest.reports import a_report


def refusals(running: Running, reason: Reason) -> int:
    return running.collector.spool.ledger.totals().get(Count("reports", "rejected", reason.code), 0)


def test_budgets_and_keys(start: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> None:
    running = start(
        limits=LimitSettings(
            body_seconds=5.0,
            source_reports_per_second=0.25,
            source_burst=3,
            key_reports_per_second=0.25,
            key_burst=7,
            forwarded_hops=1,
            sources_kept=2,
        )
    )
    _a_wrong_key_is_refused_before_the_body(running, monkeypatch)
    _an_address_over_its_budget_is_told_to_wait(running)
    _a_key_over_its_budget_is_told_to_wait(running)
    metrics = running.client.get("/metrics").text
    assert 'inferfleet_over_budget_total{budget="source"} 2.0' in metrics
    assert 'inferfleet_over_budget_total{budget="key"} 1.0' in metrics
    assert "inferfleet_sources 2.0" in metrics
    running.assert_all_accounted_for()


def _a_wrong_key_is_refused_before_the_body(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    where = urlsplit(running.collector.url)
    assert where.hostname
    assert where.port
    # Only the head of a request is sent: an answer shows that no body was waited for.
    for target, origin, reason in (
        ("key=wrong", "", Reason.UNKNOWN_KEY),
        ("", "", Reason.UNKNOWN_KEY),
        ("key=strict-key", "Origin: https://evil.example\r\n", Reason.ORIGIN_NOT_ALLOWED),
    ):
        before = refusals(running, reason)
        with socket.create_connection((where.hostname, where.port), timeout=3) as connection:
            head = (
                f"POST /v1/report?{target} HTTP/1.1\r\nHost: x\r\n{origin}Content-Type: application/json\r\n"
                "Content-Length: 60000\r\n\r\n"
            )
            connection.sendall(head.encode())
            answer = ""
            while f'"code":"{reason.code}"' not in answer:
                more = connection.recv(65536).decode()
                assert more, answer
                answer += more
        assert answer.startswith(f"HTTP/1.1 {reason.status} ")
        assert refusals(running, reason) == before + 1

    def decode(_: bytes) -> None:
        raise AssertionError("a body was decoded")

    with monkeypatch.context() as patch:
        patch.setattr(collector.api.reports.report, "skim", decode)
        assert running.post(a_report(), key="wrong").status_code == 401
        # The connection goes on: its body was let go, and the next request is read from its own beginning.
        assert running.post(a_report(), key="wrong").status_code == 401
    assert running.post(a_report(app="strict"), key=KEY).status_code == 401  # takes one of the key's budget


def _an_address_over_its_budget_is_told_to_wait(running: Running) -> None:
    loud = {"x-forwarded-for": "6.6.6.6, 203.0.113.9"}
    assert [running.post(a_report(), **loud).status_code for _ in range(3)] == [202] * 3
    loud = {"x-forwarded-for": "7.7.7.7, 203.0.113.9"}  # what a client writes itself does not help it
    refused = running.post(a_report(), origin="https://shop.example", **loud)
    assert refused.status_code == 429
    assert refused.json()["code"] == Reason.TOO_MANY_REQUESTS.code
    assert 1 <= int(refused.headers["retry-after"]) <= 4
    assert refused.headers["access-control-allow-origin"] == "*"
    assert "Retry-After" in refused.headers["access-control-expose-headers"]
    assert running.post(a_report(), **loud).status_code == 429
    assert running.post(a_report(), **{"x-forwarded-for": "203.0.113.10"}).status_code == 202


def _a_key_over_its_budget_is_told_to_wait(running: Running) -> None:
    deadline = time.monotonic() + 10
    number = 20
    while (
        answer := running.post(a_report(), **{"x-forwarded-for": f"203.0.113.{number}"})
    ).status_code == 202:
        assert time.monotonic() < deadline
        number += 1
    assert answer.json()["code"] == Reason.TOO_MANY_REQUESTS.code
    assert "key" in answer.json()["detail"]
    assert running.post(a_report(app="golden"), key="golden-key").status_code == 202
