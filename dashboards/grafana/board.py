"""A board as a Grafana dashboard."""

from typing import Any

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard as models

from dashboards.boards import Board
from dashboards.grafana.datasources import Datasource
from dashboards.grafana.drawing import DATASOURCE_VARIABLE, draw
from dashboards.grafana.query import PLUGIN
from dashboards.panels import PANELS
from dashboards.panels.scope import RELEASE_NAME

UID_PREFIX = "inferfleet-"
_ROW_IDS_FROM = 1000
"""Rows are numbered apart, so that a new row moves no panel's id, which links hold (``viewPanel``)."""

_COLUMNS = 2
"""Grafana's grid has 24 columns, ours 12."""

_REPORTED = " UNION ALL ".join(
    f"SELECT app, model, release, backend, max(at) AS last FROM {table} "
    "WHERE at >= now() - INTERVAL 90 DAY GROUP BY app, model, release, backend"
    for table in ("windows", "loads", "incidents")
)
"""A release whose models fail to load has no window, and is the one to look at."""

_VARIABLES = (
    (
        "app",
        "App",
        f"SELECT DISTINCT app FROM ({_REPORTED}) ORDER BY app",
        False,
    ),
    (
        "model",
        "Model",
        f"SELECT DISTINCT model FROM ({_REPORTED}) WHERE app = ${{app:singlequote}} ORDER BY model",
        True,
    ),
    (
        "release",
        "Release",
        f"SELECT {RELEASE_NAME} AS name FROM ({_REPORTED}) WHERE app = ${{app:singlequote}} "
        "GROUP BY release ORDER BY max(last) DESC",
        True,
    ),
    (
        "backend",
        "Backend",
        f"SELECT DISTINCT backend FROM ({_REPORTED}) WHERE app = ${{app:singlequote}} ORDER BY backend",
        True,
    ),
)


def grafana_board(board: Board, *, datasource: Datasource | None = None) -> models.Dashboard:
    """The dashboard: variables, then each section as a row with its panels.

    Args:
        board: what to draw.
        datasource: the one that is chosen at first; without it Grafana takes the first ClickHouse one by
            name, whatever is in it.
    """
    drawn = (
        builders.Dashboard(board.title)
        .uid(UID_PREFIX + board.id)
        .description(board.description)
        .tags(["inferfleet", "generated"])
        .editable()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .refresh("1m")
        .time("now-24h", "now")
        .timezone("browser")
        .with_variable(_datasource_variable(datasource))
    )
    for name, label, sql, with_all in _VARIABLES:
        drawn = drawn.with_variable(_variable(name, label, sql, with_all=with_all))
    number = 0
    top = 0
    for index, section in enumerate(board.sections):
        row = builders.Row(section.title).id(_ROW_IDS_FROM + index)
        drawn = drawn.with_row(row.grid_pos(models.GridPos(h=1, w=24, x=0, y=top)))
        top += 1
        left = 0
        tallest = 0
        for place in section.places:
            if left + place.width > 12:
                left, top, tallest = 0, top + tallest, 0
            number += 1
            position = models.GridPos(h=place.height, w=place.width * _COLUMNS, x=left * _COLUMNS, y=top)
            drawn = drawn.with_panel(draw(PANELS[place.panel]).id(number).grid_pos(position))
            left += place.width
            tallest = max(tallest, place.height)
        top += tallest
    return drawn.build()


def _datasource_variable(chosen: Datasource | None) -> builders.DatasourceVariable:
    variable = builders.DatasourceVariable("datasource").label("Data source").type(PLUGIN)
    if chosen is None:
        return variable
    return variable.current(models.VariableOption(selected=True, text=chosen.name, value=chosen.uid))


def _variable(name: str, label: str, sql: str, *, with_all: bool) -> builders.QueryVariable:
    query: dict[str, Any] = {
        "refId": name,
        "editorType": "sql",
        "queryType": "table",
        "format": 1,
        "rawSql": sql,
    }
    variable = (
        builders.QueryVariable(name)
        .label(label)
        .datasource(models.DataSourceRef(type_val=PLUGIN, uid=DATASOURCE_VARIABLE))
        .query(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(False)
        .include_all(with_all)
    )
    if with_all:
        variable = variable.current(models.VariableOption(selected=True, text="All", value="$__all"))
    return variable
