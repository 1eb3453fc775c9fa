import json
import subprocess
import sys
from pathlib import Path

import pytest

import dashboards
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
    assert set(rules) == {"inferfleet-leak-finding", "inferfleet-tensor-slope"}
    for rule in rules.values():
        query, threshold = rule["data"]
        assert query["datasourceUid"] == "inferfleet-clickhouse"
        assert "$__conditionalAll" not in query["model"]["rawSql"], "alerts have no variables"
        assert threshold["refId"] == rule["condition"]
        assert threshold["model"]["conditions"][0]["evaluator"]["type"] == "gt"
        assert (rule["noDataState"], rule["execErrState"]) == ("OK", "Error")
        assert (ROOT / rule["annotations"]["runbook"]).parent == ROOT / "docs" / "runbooks"


def test_grafana_expands_no_variable_of_its_environment_in_a_rule_file():
    """In a file's labels and annotations ``$name`` would become a variable of Grafana's environment."""
    (group,) = documents()["alerting/inferfleet-leaks.json"]["groups"]
    texts = [
        text for rule in group["rules"] for text in (*rule["labels"].values(), *rule["annotations"].values())
    ]
    assert any("$$labels.release" in text for text in texts)
    assert not any("$" in text.replace("$$", "") for text in texts)
