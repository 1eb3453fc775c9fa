"""The rules for Prometheus by promtool, over the real /metrics, and in a real Prometheus."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.alerts.alertmanagers import Alertmanager
from tests.integration.alerts.ports import free_port
from tests.integration.alerts.programs import ROOT, built, running, wait_for

pytestmark = pytest.mark.timeout(2400)  # the first of them may have to build promtool and Prometheus
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = (PROMETHEUS / "rules.yml").read_text(encoding="utf-8")
EXPRESSIONS = re.findall(r"^ {8}expr: (.*\n(?: {10}.*\n)*)", RULES, re.MULTILINE)
NEVER = "vector(0) > 1\n"


def promtool(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [built("promtool"), *words], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def test_promtool_finds_the_rules_and_the_configuration_well_formed() -> None:
    for what, file in (("rules", "rules.yml"), ("config", "prometheus.yml")):
        done = promtool(PROMETHEUS, "check", what, file)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_rule_fires_when_it_should_and_not_otherwise() -> None:
    done = promtool(PROMETHEUS, "test", "rules", "rules_test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("number", range(RULES.count("- alert:")))
def test_the_tests_notice_a_rule_that_never_fires(number: int, tmp_path: Path) -> None:
    shutil.copy(PROMETHEUS / "rules_test.yml", tmp_path)
    (tmp_path / "rules.yml").write_text(RULES.replace(EXPRESSIONS[number], NEVER, 1))
    assert promtool(tmp_path, "test", "rules", "rules_test.yml").returncode != 0


@contextmanager
def serving(folder: Path, alertmanager_url: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A collector as an operator starts it, and its URL."""
    url = f"http://127.0.0.1:{free_port()}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INFERFLEET_")}
    environment |= {
        "INFERFLEET_DATA_DIR": str(folder / "data"),
        "INFERFLEET_APPS": json.dumps({"demo": {"keys": ["demo-key"]}}),
        "INFERFLEET_ALERTS__ALERTMANAGER_URL": alertmanager_url,
    }
    with (folder / "collector.log").open("w") as log:
        collector = subprocess.Popen(
            [Path(sys.executable).parent / "inferfleet", "serve", "--port", url.rpartition(":")[2]],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            wait_for(f"the collector is up; see {log.name}", lambda: answers(f"{url}/healthz"), 120)
            yield url, collector
        finally:
            collector.kill()
            collector.wait(20)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False


def test_in_a_real_prometheus_a_healthy_collector_is_silent_and_a_dead_one_is_told(
    alertmanager: Alertmanager, tmp_path: Path
) -> None:
    assert len(EXPRESSIONS) == RULES.count("- alert:")
    (tmp_path / "rules.yml").write_text(re.sub(r"( {8}for: )\w+", r"\g<1>2s", RULES))
    address = f"127.0.0.1:{free_port()}"
    with serving(tmp_path, alertmanager.url) as (url, collector):
        config = (PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8").replace("15s", "1s")
        for ours, theirs in (("collector:8080", url), ("alertmanager:9093", alertmanager.url)):
            assert ours in config
            config = config.replace(ours, theirs.removeprefix("http://"))
        (tmp_path / "prometheus.yml").write_text(config)
        command = [
            built("prometheus"),
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'tsdb'}",
            f"--web.listen-address={address}",
        ]
        with running("prometheus", command, f"http://{address}", tmp_path):
            wait_for("the collector is scraped", lambda: ask(address, 'up{job="inferfleet"} == 1'))
            scraped = {sample["metric"]["__name__"] for sample in ask(address, '{job="inferfleet"}')}
            named = set(re.findall(r"\binferfleet_\w+", " ".join(EXPRESSIONS)))
            assert len(named) > 10
            assert named - scraped <= {"inferfleet_reports_total"}, "a metric that there is not"
            send_reports(url)
            wait_for("reports are counted", lambda: ask(address, "inferfleet_reports_total"))
            # Labels as the rules take them: Prometheus renames those that it gives itself.
            assert ask(address, 'inferfleet_job_interval_seconds{name="leaks"} > 0')
            assert ask(address, 'inferfleet_alerts_owed{target="alertmanager"} == 0')
            assert not ask(address, '{__name__=~"inferfleet_.*", exported_job!=""}')
            time.sleep(5)
            assert alertmanager.alerts() == []
            collector.kill()
            wait_for("it is told", alertmanager.alerts, 60)
            assert {
                (alert["labels"]["alertname"], alert["labels"]["instance"]) for alert in alertmanager.alerts()
            } == {("InferfleetCollectorDown", url.removeprefix("http://"))}
            groups = httpx.get(f"http://{address}/api/v1/rules", timeout=5).json()["data"]["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}
            assert len(rules) == len(EXPRESSIONS)


def ask(address: str, query: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"http://{address}/api/v1/query", params={"query": query}, timeout=5)
    answer.raise_for_status()
    result: list[dict[str, Any]] = answer.json()["data"]["result"]
    return result


def send_reports(url: str) -> None:
    """One that is refused for its key: so that the counts by outcome are there."""
    answer = httpx.post(f"{url}/v1/report?key=nobody", json={}, timeout=5)
    assert answer.status_code in (400, 401, 403, 422), answer.text
