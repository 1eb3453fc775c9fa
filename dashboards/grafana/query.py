"""A panel's SQL as a query of Grafana's ClickHouse data source."""

from typing import Any, Literal

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.runtime import UnknownDataquery
from grafana_foundation_sdk.cog.variants import Dataquery

from dashboards.panel import Bars, Histogram, Panel, Ranges, Scatter, Stat, Table, TimeSeries

PLUGIN = "grafana-clickhouse-datasource"
PLUGIN_VERSION = "4.0.0"
"""The query model below is that of version 4 (Grafana 9 and newer)."""

DATASOURCE_UID = "inferfleet-clickhouse"
"""The uid that deploy/grafana provisions the data source with; alert rules cannot use a variable."""

Shape = Literal["timeseries", "table"]
_FORMATS: dict[Shape, int] = {"timeseries": 0, "table": 1}


class Target(Builder[Dataquery]):
    """Builds one query; the Foundation SDK has no model of this data source's queries."""

    def __init__(self, sql: str, shape: Shape, *, datasource_uid: str, ref: str = "A") -> None:
        self._query: dict[str, Any] = {
            "refId": ref,
            "datasource": {"type": PLUGIN, "uid": datasource_uid},
            "editorType": "sql",
            "format": _FORMATS[shape],
            "pluginVersion": PLUGIN_VERSION,
            "queryType": shape,
            "rawSql": sql,
        }

    def build(self) -> Dataquery:
        """The query."""
        return UnknownDataquery(self._query)


def grafana_sql(panel: Panel) -> str:
    """The panel's SQL, narrowed to the columns that Grafana draws: it draws every column it gets."""
    draw = panel.draw
    if isinstance(draw, TimeSeries):
        return _narrow(panel.sql, ("time", draw.series, draw.shown), order=f"time, {draw.series}")
    if isinstance(draw, Stat):
        return _narrow(panel.sql, (draw.label, draw.value) if draw.label else (draw.value,))
    if isinstance(draw, Bars):
        return _narrow(panel.sql, (draw.label, *draw.values))
    if isinstance(draw, Histogram):
        return _narrow(
            panel.sql, (f"{_size_label(draw.low)} AS size", draw.series, draw.value), order=draw.low
        )
    if isinstance(draw, Ranges):
        return _narrow(panel.sql, (draw.group, draw.series, draw.low, draw.mark, draw.high, draw.weight))
    if isinstance(draw, Table | Scatter):
        return _narrow(panel.sql, tuple(column.name for column in draw.shown))
    return panel.sql


def _size_label(column: str) -> str:
    """Milliseconds as text: a bar chart's axis takes a text or a time, and refuses numbers. Steps of the axis
    are 27 % apart, so a digit more is kept for each decade below 100, and no two steps share a label.
    """
    rounded = (
        f"multiIf({column} < 0.1, round({column}, 4), {column} < 1, round({column}, 3), "
        f"{column} < 10, round({column}, 2), {column} < 100, round({column}, 1), round({column}))"
    )
    return f"concat(toString({rounded}), ' ms')"


def _narrow(sql: str, columns: tuple[str, ...], *, order: str | None = None) -> str:
    ordered = f"\nORDER BY {order}" if order else ""
    return f"SELECT {', '.join(columns)}\nFROM (\n{sql}\n){ordered}"
