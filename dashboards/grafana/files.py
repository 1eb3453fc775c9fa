"""The generated files: Grafana's provisioning folders, byte for byte the same each time."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.boards import BOARDS
from dashboards.grafana.alerts import ALERT_RULES, EVALUATE_EVERY_S, GROUP, grafana_rule
from dashboards.grafana.board import UID_PREFIX, grafana_board

FOLDER_TITLE = "Inferfleet"
_API_ONLY = ("folderUID", "orgID", "ruleGroup")
"""Fields of the alerting API that a provisioning file says once for the group."""


def render() -> Iterator[tuple[str, str]]:
    """Each file's path below the output folder, and its text."""
    for board in BOARDS:
        yield f"dashboards/{UID_PREFIX}{board.id}.json", to_json(grafana_board(board))
    yield f"alerting/{GROUP}.json", to_json(_provisioned_rules())


def build(out: Path) -> list[Path]:
    """Writes the files below ``out`` (in the repository: ``deploy/grafana``) and returns their paths."""
    written = []
    for name, text in render():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def check(out: Path) -> list[Path]:
    """The files below ``out`` that are missing or differ from what ``build`` would write."""
    return [
        out / name
        for name, text in render()
        if not (out / name).is_file() or (out / name).read_text(encoding="utf-8") != text
    ]


def to_json(value: object) -> str:
    """Sorted and indented, so that a change of a panel is a readable diff."""
    plain = _pruned(json.loads(json.dumps(value, cls=JSONEncoder)))
    return json.dumps(plain, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def _pruned(value: Any) -> Any:
    """Without the nulls that the SDK writes for options never set; a threshold's null is its floor."""
    if isinstance(value, dict):
        return {key: _pruned(entry) for key, entry in value.items() if entry is not None or key == "value"}
    return [_pruned(entry) for entry in value] if isinstance(value, list) else value


def _provisioned_rules() -> dict[str, Any]:
    rules = [json.loads(to_json(grafana_rule(rule))) for rule in ALERT_RULES]
    return {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": 1,
                "name": GROUP,
                "folder": FOLDER_TITLE,
                "interval": f"{EVALUATE_EVERY_S}s",
                "rules": [_as_provisioned(rule) for rule in rules],
            }
        ],
    }


def _as_provisioned(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as a file holds it. Grafana expands ``$NAME`` from its environment in a file's labels, so that
    ``$labels`` would come out empty there; ``$$`` is a dollar. Annotations and queries it takes as they are.

    Source: grafana/grafana, pkg/services/provisioning/alerting/rules_types.go.
    """
    kept = {key: value for key, value in rule.items() if key not in _API_ONLY}
    kept["labels"] = {name: text.replace("$", "$$") for name, text in kept["labels"].items()}
    return kept
