import math
import re
from pathlib import Path

import pytest

from collector.contract.histogram import RATIO, value_of
from collector.contract.vocabulary import Backend
from dashboards.boards import BOARDS
from dashboards.grafana.drawing import BACKEND_COLOURS, UNITS
from dashboards.panel import Panel, Unit
from dashboards.panels import PANELS
from dashboards.panels.scope import value_ms

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("panel", PANELS.values(), ids=lambda panel: panel.id)
def test_a_panel_says_what_it_answers_and_how(panel: Panel):
    assert panel.question.endswith("?")
    assert len(panel.reading) >= 20
    assert panel.unit in UNITS
    assert panel.draw.columns()


@pytest.mark.parametrize("panel", PANELS.values(), ids=lambda panel: panel.id)
def test_a_panel_looks_at_one_app_only(panel: Panel):
    assert panel.sql.count("${app:singlequote}") >= len(re.findall(r"\bFROM [a-z]", panel.sql)) >= 1


def test_every_panel_has_a_place_and_every_place_a_panel():
    placed = [place.panel for board in BOARDS for section in board.sections for place in section.places]
    assert set(placed) == set(PANELS)


def test_sections_fill_rows_of_twelve_columns():
    for board in BOARDS:
        for section in board.sections:
            assert sum(place.width for place in section.places) % 12 == 0, (board.id, section.id)


def test_the_histogram_in_sql_is_the_contract_s():
    expression = value_ms("b")
    for bucket in (-177, -1, 0, 10, 385):
        assert eval(expression, {"b": bucket, "exp": math.exp, "log": math.log}) == pytest.approx(
            value_of(bucket), rel=1e-12
        )
    assert str(RATIO) in expression


def test_documentation_lists_every_panel():
    text = (ROOT / "docs" / "dashboards.md").read_text()
    for panel in PANELS.values():
        assert f"| `{panel.id}` | {panel.question} |" in text


def test_a_backend_has_the_same_colour_in_grafana_and_on_the_page():
    tokens = dict(
        re.findall(
            r"(--c-[\w-]+): (#[0-9a-f]{6});",
            (_page() / "style" / "tokens.css").read_text().split("@media")[0],
        )
    )
    fixed = dict(re.findall(r"'?([\w-]+)'?: \{ token: '(--c-[\w-]+)'", (_page() / "colours.ts").read_text()))
    assert {name: tokens[fixed[name]] for name in BACKEND_COLOURS} == BACKEND_COLOURS
    assert set(BACKEND_COLOURS) | {"other"} == {backend.value for backend in Backend}
    assert len(set(BACKEND_COLOURS.values())) == len(BACKEND_COLOURS)


def test_the_page_knows_every_unit_and_drawing():
    types = (_page() / "types.ts").read_text()
    for unit in Unit:
        assert f"'{unit}'" in types
    for kind in {panel.draw.kind for panel in PANELS.values()}:
        assert f"kind: '{kind}'" in types


def _page() -> Path:
    return ROOT / "dashboards" / "fleet_page" / "src"
