"""A collector in states that its own test brings about: a disk that refuses, too many reports, a failure."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from collector.contract.reasons import Reason
from collector.ingest.settings import LimitSettings
from collector.settings import ApiSettings
from collector.store.settings import StoreSettings
from tests.integration.collector.conftest import Running
from tests.unit.ingest.reports import a_report, encoded


def test_a_spool_that_cannot_write_is_not_ready_and_refuses(start: Callable[..., Running]) -> None:
    running = start()
    running.collector.spool._connection.execute("PRAGMA query_only = 1")
    answer = running.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not_ready", "checks": {"spool": "spool_unavailable", "store": "ok"}}
    refused = running.post(a_report())
    assert refused.status_code == 503
    assert refused.json()["code"] == Reason.SPOOL_UNAVAILABLE.code
    assert int(refused.headers["retry-after"]) > 0
    running.collector.spool._connection.execute("PRAGMA query_only = 0")
    assert running.post(a_report()).status_code == 202
    running.assert_all_accounted_for()


def test_too_many_reports_at_one_time_are_told_to_wait(start: Callable[..., Running]) -> None:
    running = start(limits=LimitSettings(concurrent_reports=1))
    running.collector.report.under_way = 1  # one that hangs
    refused = running.post(a_report())
    running.collector.report.under_way = 0
    assert refused.status_code == 503
    assert refused.headers["retry-after"]


def test_the_demo_is_cross_origin_isolated(start: Callable[..., Running], tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text("<p>hello")
    running = start(api=ApiSettings(port=0, demo_dir=folder))
    answer = running.client.get("/demo/")
    assert answer.text == "<p>hello"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
    assert running.client.get("/demo/none").status_code == 404


def test_an_unexpected_failure_is_answered_in_the_one_shape(start: Callable[..., Running]) -> None:
    running = start()

    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    running.collector.report._access.check = fail  # type: ignore[method-assign]
    answer = running.post(a_report())
    assert answer.status_code == 500
    assert answer.json()["code"] == Reason.INTERNAL.code
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    assert "secret" not in answer.text
    running.assert_all_accounted_for()


def test_received_is_accepted_and_duplicate_and_rejected_to_the_unit(start: Callable[..., Running]) -> None:
    running = start()
    report = a_report()
    sent = [encoded(report), encoded(report), b"{", encoded(a_report(app="nobody")), encoded(a_report())]
    for body in sent:
        running.post(body)
    samples = dict(
        line.rsplit(" ", 1)
        for line in running.client.get("/metrics").text.splitlines()
        if not line.startswith("#")
    )
    outcomes = {
        name: float(value) for name, value in samples.items() if name.startswith("inferfleet_reports_total")
    }
    assert float(samples["inferfleet_reports_received_total"]) == len(sent) == sum(outcomes.values())
    assert outcomes['inferfleet_reports_total{outcome="accepted",reason=""}'] == 2
    assert outcomes['inferfleet_reports_total{outcome="duplicate",reason=""}'] == 1
    assert json.dumps(sorted(name for name in outcomes if "rejected" in name)).count("reason") == 2


def test_without_its_store_from_the_start_it_takes_keys_of_the_settings_and_asks_others_to_wait(
    start: Callable[..., Running],
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        dsn = f"http://127.0.0.1:{nobody.getsockname()[1]}/inferfleet"
        running = start(store=StoreSettings(dsn=SecretStr(dsn)))
        assert running.post(a_report()).status_code == 202
        waiting = running.post(a_report(app="kept"), key="ifw_a-key-of-the-store")
        assert waiting.status_code == 503
        assert waiting.json()["code"] == Reason.STORE_UNAVAILABLE.code
        assert int(waiting.headers["retry-after"]) > 0
        config = running.client.get("/v1/config/kept")
        assert config.status_code == 503
        assert config.headers["retry-after"]
        token = {"authorization": f"Bearer {running.collector.admin_token}"}
        change = running.client.post("/v1/admin/apps", json={"app": "kept"}, headers=token)
        assert change.status_code == 503
        assert change.headers["retry-after"]
        running.assert_all_accounted_for()
        running.stop()
