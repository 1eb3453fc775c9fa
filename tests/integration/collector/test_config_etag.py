"""A page that only reports learns with the answer that its config is another now."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from collector.contract.class_plan import ClassPlan
from collector.contract.config_document import Arm
from collector.contract.device_class import FACTS
from collector.contract.report import Device
from collector.contract.vocabulary import Backend
from collector.jobs.publish.versions import ConfigVersion, append
from collector.remote_config.settings import ConfigSettings
from collector.store.columns import millisecond
from tests.integration.collector.conftest import Running
from tests.unit.ingest.reports import a_report


def told(running: Running, *, but: str | None) -> str:
    """The first ETag in the answers to reports that is another than ``but``."""
    deadline = time.monotonic() + 10
    while (etag := running.post(a_report()).json()["config_etag"]) in (None, but):
        assert time.monotonic() < deadline, "no report was told of another config"
        time.sleep(0.02)
    return str(etag)


def test_a_running_page_is_told_of_a_kill_and_of_its_end(start: Callable[..., Running]) -> None:
    # So slow to look by itself, that only the kill can be the cause.
    running = start(config=ConfigSettings(refresh_seconds=3600))
    collector = running.collector
    now = millisecond(datetime.now(UTC))
    first = ConfigVersion(
        app="demo",
        version=1,
        created_at=now,
        author="test",
        action="publish",
        note="",
        enabled=True,
        sample_rate=1.0,
        plans={},
    )
    append(collector.store, first)
    device = Device.model_validate_json(json.dumps(a_report()["device"]))
    facts = {fact: str(getattr(device, fact)) for fact in FACTS}

    def act(name: str) -> None:
        token = {"authorization": f"Bearer {collector.admin_token}"}
        answer = running.client.post(f"/v1/admin/jobs/{name}", params={"app": "demo"}, headers=token)
        assert answer.status_code == 200, answer.text

    before = told(running, but=None)
    act("kill")
    killed = told(running, but=before)
    served = running.client.get("/v1/config/demo", params=facts)
    assert served.headers["etag"] == killed  # strong, byte for byte what the config itself says
    assert json.loads(served.json()["document"])["enabled"] is False
    same = running.client.get("/v1/config/demo", params=facts, headers={"if-none-match": killed})
    assert same.status_code == 304
    act("enable")
    assert told(running, but=killed) != killed
    running.assert_all_accounted_for()


def test_a_plan_that_was_made_to_fit_goes_with_the_etag_that_reports_tell(
    start: Callable[..., Running],
) -> None:
    running = start()
    plan = ClassPlan(arms=[Arm(backend=Backend.WEBGPU, probability=1.0)], fallbacks=[Backend.WASM])
    version = ConfigVersion(
        app="demo",
        version=1,
        created_at=millisecond(datetime.now(UTC)),
        author="test",
        action="publish",
        note="",
        enabled=True,
        sample_rate=1.0,
        plans={"*": {"m": plan}},
    )
    append(running.collector.store, version)
    running.collector.config.refresh("demo")
    device = Device.model_validate_json(json.dumps(a_report()["device"]))
    facts = {fact: str(getattr(device, fact)) for fact in FACTS}

    def ask(known: str = "", **more: str) -> httpx.Response:
        headers = {"if-none-match": known}
        return running.client.get("/v1/config/demo", params=facts | more, headers=headers)

    def drawn(answer: httpx.Response) -> list[str]:
        models = json.loads(answer.json()["document"])["models"]
        return [arm["backend"] for arm in models["m"]["arms"]]

    whole, same, fitted = ask(), ask(lacks="threads"), ask(lacks="threads.webgpu")
    assert (drawn(whole), drawn(fitted)) == (["webgpu"], ["wasm"])
    assert (same.content, same.headers["etag"]) == (whole.content, whole.headers["etag"])
    of_class, own = whole.headers["etag"], fitted.headers["etag"]
    assert told(running, but=None) == of_class
    assert own.startswith(of_class[:-1] + ".")
    for proxied in (own, f"W/{own}", own[:-1] + '-gzip"', own + ";br"):
        assert ask(proxied, lacks="threads.webgpu").status_code == 304
        assert ask(proxied).status_code == 200  # it is another answer, whatever it begins with
    assert ask(of_class, lacks="threads.webgpu").status_code == 200
    running.assert_all_accounted_for()
