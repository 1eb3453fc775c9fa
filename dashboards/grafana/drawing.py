"""A panel's drawing as one of Grafana's visualisations."""

from typing import Any

from grafana_foundation_sdk.builders import barchart, common, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

from dashboards.grafana.query import PLUGIN, Shape, Target, grafana_sql
from dashboards.panel import Bars, Histogram, Panel, Ranges, Scatter, Stat, Table, TimeSeries, Unit

DATASOURCE_VARIABLE = "${datasource}"
UNITS = {
    Unit.MS: "ms",
    Unit.BYTES: "bytes",
    Unit.COUNT: "short",
    Unit.SHARE: "percentunit",
    Unit.RATIO: "suffix: of default",
    Unit.TENSORS_PER_PREDICTION: "suffix: tensors/prediction",
    Unit.TIME: "dateTimeFromNow",
    Unit.TEXT: "string",
}
BACKEND_COLOURS = {
    "cpu": "#7b8794",
    "wasm": "#e3b23c",
    "wasm-simd": "#e08214",
    "wasm-simd-threads": "#a5480c",
    "webgl": "#2b7bd4",
    "webgpu": "#0b9b77",
    "webnn": "#d4619f",
}
"""As on the fleet page (fleet_page/src/style/tokens.css): a backend has one colour everywhere."""

_LEVELS = {"warning": "orange", "critical": "red"}
AnyPanel = timeseries.Panel | stat.Panel | barchart.Panel | table.Panel


def draw(panel: Panel) -> AnyPanel:
    """The visualisation, without its place on the board."""
    drawn = _visualise(panel)
    shape: Shape = "timeseries" if isinstance(panel.draw, TimeSeries) else "table"
    return (
        drawn.title(panel.title)
        .description(f"{panel.question} {panel.reading}")
        .datasource(models.DataSourceRef(type_val=PLUGIN, uid=DATASOURCE_VARIABLE))
        .with_target(Target(grafana_sql(panel), shape, datasource_uid=DATASOURCE_VARIABLE))
    )


def _visualise(panel: Panel) -> AnyPanel:
    shape = panel.draw
    if isinstance(shape, TimeSeries):
        return _timeseries(panel, shape)
    if isinstance(shape, Stat):
        # With a label there is a row for each, and each is shown: reducing them would keep the last alone.
        reduce = common.ReduceDataOptions().calcs(["lastNotNull"]).values(shape.label is not None)
        return stat.Panel().unit(UNITS[panel.unit]).thresholds(_thresholds(panel)).reduce_options(reduce)
    if isinstance(shape, Bars):
        horizontal = (
            barchart.Panel().x_field(shape.label).orientation(common_models.VizOrientation.HORIZONTAL)
        )
        return horizontal.stacking(common_models.StackingMode.NORMAL).unit(UNITS[panel.unit])
    if isinstance(shape, Histogram):
        matrix = {
            "columnField": shape.series,
            "rowField": "size",
            "valueField": shape.value,
            "emptyValue": "zero",
        }
        chart = barchart.Panel().x_tick_label_spacing(60).unit(UNITS[panel.unit])
        return chart.with_transformation(
            models.DataTransformerConfig(id_val="groupingToMatrix", options=matrix)
        )
    if isinstance(shape, Ranges):
        named = [(name, name.capitalize(), Unit.TEXT) for name in (shape.group, shape.series)]
        figures = [(name, name, panel.unit) for name in (shape.low, shape.mark, shape.high)]
        weight = (shape.weight, shape.weight.capitalize(), Unit.COUNT)
        return _titled(table.Panel(), [*named, *figures, weight])
    return _table(shape)


def _timeseries(panel: Panel, shape: TimeSeries) -> timeseries.Panel:
    drawn = (
        timeseries.Panel()
        .unit(UNITS[panel.unit])
        .display_name(f"${{__field.labels.{shape.series}}}")
        .thresholds(_thresholds(panel))
        .legend(common.VizLegendOptions().show_legend(True).placement(common_models.LegendPlacement.BOTTOM))
    )
    if panel.thresholds:
        lines = common.GraphThresholdsStyleConfig().mode(common_models.GraphThresholdsStyleMode.DASHED)
        drawn = drawn.thresholds_style(lines)
    if shape.stacked:
        stacking = common.StackingConfig().mode(common_models.StackingMode.NORMAL).group("A")
        drawn = drawn.draw_style(common_models.GraphDrawStyle.BARS).fill_opacity(80).stacking(stacking)
    if shape.scale == "log":
        scale = common.ScaleDistributionConfig().type(common_models.ScaleDistribution.LOG).log(10)
        drawn = drawn.scale_distribution(scale)
    if shape.series in ("backend", "arm"):
        for backend, colour in BACKEND_COLOURS.items():
            fixed = models.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})
            # A series is a backend, or "model · backend" where several models report.
            drawn = drawn.override_by_regexp(f"/(^|· ){backend}$/", [fixed])
    return drawn


def _table(shape: Table | Scatter) -> table.Panel:
    """Also what the page draws as marks: an XY chart has one size and shape for all of a series."""
    return _titled(table.Panel(), [(column.name, column.title, column.unit) for column in shape.shown])


def _titled(drawn: table.Panel, columns: list[tuple[str, str, Unit]]) -> table.Panel:
    for name, title, unit in columns:
        properties: list[Any] = [models.DynamicConfigValue(id_val="displayName", value=title)]
        if unit is not Unit.TEXT:
            properties.append(models.DynamicConfigValue(id_val="unit", value=UNITS[unit]))
        drawn = drawn.override_by_name(name, properties)
    return drawn


def _thresholds(panel: Panel) -> builders.ThresholdsConfig:
    steps = [models.Threshold(value=None, color="green" if panel.thresholds else "text")]
    steps += [models.Threshold(value=step.value, color=_LEVELS[step.level]) for step in panel.thresholds]
    return builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
