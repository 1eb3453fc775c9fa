"""The rules for Prometheus: each has a runbook, and is listed where operators look.

What they say is tested with promtool in tests/integration/alerts/test_rules.py.
"""

import re

import pytest

from tests.unit.deploy.files import DEPLOY, ROOT, read_yaml

RULES = [rule for group in read_yaml(DEPLOY / "prometheus/rules.yml")["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_a_rule_leads_to_its_runbook(rule: dict) -> None:
    words = re.findall("[A-Z][a-z]*", rule["alert"].removeprefix("Inferfleet"))
    assert rule["annotations"]["runbook_url"] == f"docs/runbooks/{'_'.join(words).lower()}.md"
    assert (ROOT / rule["annotations"]["runbook_url"]).exists()
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["labels"]["product"] == "inferfleet"
    assert rule["labels"]["severity"] in ("warning", "critical")


def test_operators_find_each_rule_in_the_documentation() -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\[`(Inferfleet\w+)`\]", text)) == {rule["alert"] for rule in RULES}


def test_prometheus_scrapes_under_the_name_that_the_rules_go_by() -> None:
    config = read_yaml(DEPLOY / "prometheus/prometheus.yml")
    assert config["scrape_configs"][0]["job_name"] == "inferfleet"
    assert config["rule_files"] == ["rules.yml"]
