import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dashboards
from collector.contract.finding import FindingKind
from collector.store.named_queries import load_query
from dashboards.grafana.alerts import ALERT_RULES
from dashboards.grafana.files import check, render

ROOT = Path(__file__).resolve().parents[3]
COMMITTED = ROOT / "deploy" / "grafana"


def documents() -> dict[str, dict]:
    return {name: json.loads(text) for name, text in render()}


def test_building_writes_two_boards_and_the_alert_rules(tmp_path: Path):
    written = dashboards.build(tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in written) == [
        "alerting/inferfleet-leaks.json",
        "dashboards/inferfleet-fleet.json",
        "dashboards/inferfleet-memory.json",
    ]
    assert check(tmp_path) == []


def test_building_is_deterministic_across_processes():
    script = "from dashboards.grafana.files import render; import sys; sys.stdout.write(repr(list(render())))"
    runs = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert runs.pop().decode() == repr(list(render()))


def test_a_changed_file_is_found(tmp_path: Path):
    dashboards.build(tmp_path)
    path = tmp_path / "dashboards" / "inferfleet-fleet.json"
    path.write_text(path.read_text().replace("Sessions", "Visits"))
    (tmp_path / "alerting" / "inferfleet-leaks.json").unlink()
    assert check(tmp_path) == [path, tmp_path / "alerting" / "inferfleet-leaks.json"]


def test_the_committed_files_are_what_the_panels_define():
    assert check(COMMITTED) == [], "run `python -m dashboards build`"


@pytest.mark.parametrize("name", ["inferfleet-fleet", "inferfleet-memory"])
def test_a_board_asks_the_clickhouse_data_source_that_is_chosen(name: str):
    board = documents()[f"dashboards/{name}.json"]
    assert board["uid"] == name
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert panels
    for panel in panels:
        (target,) = panel["targets"]
        assert target["datasource"] == {"type": "grafana-clickhouse-datasource", "uid": "${datasource}"}
        assert target["rawSql"]
        assert panel["description"]
    assert [variable["name"] for variable in board["templating"]["list"]] == [
        "datasource",
        "app",
        "model",
        "release",
        "backend",
    ]


def test_panels_of_a_board_do_not_overlap():
    for name, board in documents().items():
        taken: set[tuple[int, int]] = set()
        for panel in board.get("panels", []):
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert max(x for x, _ in cells) < 24
            assert not cells & taken, (name, panel["title"])
            taken |= cells


def test_alert_rules_fire_above_their_limit_and_not_for_want_of_rows():
    (group,) = documents()["alerting/inferfleet-leaks.json"]["groups"]
    rules = {rule["uid"]: rule for rule in group["rules"]}
    assert set(rules) == {
        "inferfleet-leak-finding",
        "inferfleet-regression-finding",
        "inferfleet-tensor-slope",
    }
    for rule in rules.values():
        query, threshold = rule["data"]
        assert query["datasourceUid"] == "inferfleet-clickhouse"
        assert "$__conditionalAll" not in query["model"]["rawSql"], "alerts have no variables"
        assert threshold["refId"] == rule["condition"]
        assert threshold["model"]["conditions"][0]["evaluator"]["type"] == "gt"
        assert (rule["noDataState"], rule["execErrState"]) == ("OK", "Error")
        assert (ROOT / rule["annotations"]["runbook_url"]).parent == ROOT / "docs" / "runbooks"


def test_labels_of_a_rule_file_double_their_dollars_and_annotations_do_not():
    """Grafana expands ``$name`` from its environment in a file's labels, and takes annotations raw."""
    (group,) = documents()["alerting/inferfleet-leaks.json"]["groups"]
    labels = [text for rule in group["rules"] for text in rule["labels"].values()]
    assert any("$$labels.severity" in text for text in labels)
    assert not any("$" in text.replace("$$", "") for text in labels)
    annotations = [text for rule in group["rules"] for text in rule["annotations"].values()]
    assert any("$labels.release" in text for text in annotations)
    assert not any("$$" in text for text in annotations)


def test_a_rule_has_the_annotations_that_grafana_and_alertmanager_show():
    (group,) = documents()["alerting/inferfleet-leaks.json"]["groups"]
    assert group["interval"] == "300s"
    for rule in group["rules"]:
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
        assert all(rule["annotations"].values())


@pytest.mark.parametrize("name", ["inferfleet-fleet", "inferfleet-memory"])
def test_a_board_is_of_grafana_s_current_schema_and_its_ids_are_its_own(name: str):
    board = documents()[f"dashboards/{name}.json"]
    assert board["schemaVersion"] == 41, "what Grafana 11.6 writes"
    ids = [panel["id"] for panel in board["panels"]]
    assert all(number > 0 for number in ids)
    assert len(set(ids)) == len(ids)
    assert [panel["id"] for panel in board["panels"] if panel["type"] != "row"] == list(
        range(1, 1 + sum(panel["type"] != "row" for panel in board["panels"]))
    ), "links to a panel hold its id"


@pytest.mark.parametrize("name", ["inferfleet-fleet", "inferfleet-memory"])
def test_a_table_of_grafana_titles_every_column_that_it_gets(name: str):
    for panel in documents()[f"dashboards/{name}.json"]["panels"]:
        if panel["type"] != "table":
            continue
        columns = panel["targets"][0]["rawSql"].removeprefix("SELECT ").split("\nFROM (")[0].split(", ")
        titled = {entry["matcher"]["options"] for entry in panel["fieldConfig"]["overrides"]}
        assert set(columns) == titled, panel["title"]


def test_a_model_s_figures_stand_apart_in_a_stat():
    panels = {panel["title"]: panel for panel in documents()["dashboards/inferfleet-fleet.json"]["panels"]}
    assert panels["Result ready, p75"]["options"]["reduceOptions"]["values"] is True
    assert panels["Sessions"]["options"]["reduceOptions"]["values"] is False


def test_every_kind_of_finding_fires_its_rule_and_closes_the_gate():
    """Neither the dashboards nor a named query can import the kinds, so they are written out there.

    Growth with loads is the page's fault on every backend, so it refuses none.
    """
    leaks = {f"'{kind}'" for kind in FindingKind if kind.endswith("_leak")}
    regressions = {f"'{kind}'" for kind in FindingKind if kind.endswith("_regression")}
    assert leaks | regressions == {f"'{kind}'" for kind in FindingKind}
    sql = {rule.uid: rule.sql for rule in ALERT_RULES}
    assert set(re.findall(r"'\w+_leak'", sql["inferfleet-leak-finding"])) == leaks
    assert set(re.findall(r"'\w+_regression'", sql["inferfleet-regression-finding"])) == regressions
    assert set(re.findall(r"'\w+_leak'", load_query("recommend_leaks"))) == leaks - {"'load_leak'"}
