"""A page that only reports learns with the answer that its config is another now."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

from collector.contract.device_class import FACTS
from collector.contract.report import Device
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
