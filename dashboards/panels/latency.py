"""How long predictions take, by backend, device and arm."""

from dashboards.panel import Column, Histogram, Panel, Ranges, Table, TimeSeries, Unit
from dashboards.panels.scope import (
    COMPARED,
    DEVICE_CLASS,
    IN_RANGE,
    KIND_OF_DEVICE,
    quantiles,
    value_ms,
    with_model,
)

HISTOGRAM_STEP = 6
"""Buckets of the wire's histogram drawn as one: 1.04^6 = 1.27, about ten to a decade."""

_WEIGHT = (
    "Every prediction counts once, so busy sessions weigh more; decisions count each session once a day."
)

_KERNEL = "quantileExactWeightedArray(0.5)(kernel_buckets, kernel_counts)"

PANELS = (
    Panel(
        id="ready_by_backend",
        title="Result ready over time, all devices",
        question="Did a backend get faster or slower?",
        reading=(
            "Quantiles of ready_ms, exact within 2 % from merged log histograms, for each model and backend. "
            "A line mixes all kinds of device, and each backend has another mix: compare a line with its own "
            f"past, and backends in the panel by kind of device. {_WEIGHT}"
        ),
        unit=Unit.MS,
        draw=TimeSeries(series="arm", values=("p50", "p75", "p95"), shown="p75", scale="log"),
        sql=f"""
            SELECT $__timeInterval(at) AS time, {with_model("backend", first=True)} AS arm, {quantiles()}
            FROM windows
            WHERE {COMPARED} AND notEmpty(ready_buckets)
            GROUP BY time, model, backend
            ORDER BY time, arm
        """,
    ),
    Panel(
        id="ready_by_device",
        title="Result ready, by kind of device",
        question="Which backend is fastest on which kind of device?",
        reading=(
            "p50 to p95 of ready_ms with a mark at p75, for the 12 kinds of device with most sessions, each "
            f"model by itself. Within a kind, the shortest bar wins. {_WEIGHT}"
        ),
        unit=Unit.MS,
        draw=Ranges(group="device", series="backend"),
        sql=f"""
            SELECT {with_model(DEVICE_CLASS, table="windows")} AS device, backend, {quantiles()},
                   uniqExact(session) AS sessions
            FROM windows
            WHERE {COMPARED} AND notEmpty(ready_buckets) AND ({DEVICE_CLASS}, model) IN (
                SELECT {DEVICE_CLASS}, model FROM windows WHERE {COMPARED} AND notEmpty(ready_buckets)
                GROUP BY 1, 2 ORDER BY uniqExact(session) DESC, 1, 2 LIMIT 12
            )
            GROUP BY {DEVICE_CLASS}, model, backend
            ORDER BY max(uniqExact(session)) OVER (PARTITION BY {DEVICE_CLASS}, model) DESC, device, p75
        """,
    ),
    Panel(
        id="ready_distribution",
        title="Distribution of ready, all devices",
        question="Are there two kinds of predictions hiding in one average?",
        reading=(
            "Share of each backend's predictions by ready_ms, on a logarithmic axis; two humps are two "
            "populations, such as two kinds of device. Models stand apart."
        ),
        unit=Unit.SHARE,
        draw=Histogram(series="arm"),
        sql=f"""
            SELECT exp(step * {HISTOGRAM_STEP} * log(1.04)) AS from_ms,
                   exp((step + 1) * {HISTOGRAM_STEP} * log(1.04)) AS to_ms,
                   arm, held / total AS share
            FROM (
                SELECT {with_model("backend", first=True)} AS arm,
                       toInt32(floor(bucket / {HISTOGRAM_STEP})) AS step, sum(n) AS held,
                       sum(sum(n)) OVER (PARTITION BY model, backend) AS total
                FROM windows ARRAY JOIN ready_buckets AS bucket, ready_counts AS n
                WHERE {COMPARED}
                GROUP BY model, backend, step
            )
            ORDER BY step, arm
        """,
    ),
    Panel(
        id="ready_by_source",
        title="Does steering pay, by kind of device?",
        question="Is a page faster on the arm that the config chose than on its default?",
        reading=(
            "ready_ms by who chose the arm, within one kind of device and one model: over all devices the "
            "figures would show who gets a config, not what it brings. Kinds with more than one source come "
            "first, at most 12. Sessions drawn at random (config against holdback) compare best."
        ),
        unit=Unit.MS,
        draw=Ranges(group="device", series="source"),
        sql=f"""
            SELECT device, source, p50, p75, p95, sessions
            FROM (
                SELECT {with_model("kind")} AS device, source, {quantiles()}, uniqExact(session) AS sessions,
                       count() OVER (PARTITION BY kind, model) AS sources,
                       sum(uniqExact(session)) OVER (PARTITION BY kind, model) AS seen_in
                FROM (
                    SELECT session, model, {DEVICE_CLASS} AS kind, ready_buckets, ready_counts
                    FROM windows WHERE {COMPARED} AND notEmpty(ready_buckets)
                ) AS seen
                INNER JOIN (
                    SELECT session, model, argMax(source, at) AS source
                    FROM exposures WHERE {IN_RANGE} GROUP BY session, model
                ) AS exposed USING (session, model)
                GROUP BY kind, model, source
            )
            ORDER BY sources > 1 DESC, seen_in DESC, device, p75
            LIMIT 48
        """,
    ),
    Panel(
        id="arms",
        title="Arms in use, by kind of device",
        question="What does each backend and variant cost, and how often does it run?",
        reading=(
            "One row for each kind of device, model, variant and backend seen in the range, the most used "
            "kinds first; errors per prediction. Compare arms within one kind of device and one model."
        ),
        unit=Unit.MS,
        draw=Table(
            shown=(
                Column(name="device", title="Device"),
                Column(name="model", title="Model"),
                Column(name="variant", title="Variant"),
                Column(name="backend", title="Backend"),
                Column(name="sessions", title="Sessions", unit=Unit.COUNT),
                Column(name="predictions", title="Predictions", unit=Unit.COUNT),
                Column(name="p50", title="Ready p50", unit=Unit.MS),
                Column(name="p75", title="p75", unit=Unit.MS),
                Column(name="p95", title="p95", unit=Unit.MS),
                Column(name="kernel_p50", title="Kernel p50", unit=Unit.MS),
                Column(name="error_share", title="Errors", unit=Unit.SHARE),
            )
        ),
        sql=f"""
            SELECT {DEVICE_CLASS} AS device, model, variant, backend, uniqExact(session) AS sessions,
                   sum(count) AS predictions,
                   quantilesExactWeightedArray(0.5, 0.75, 0.95)(ready_buckets, ready_counts) AS q,
                   if(sum(arraySum(ready_counts)) = 0, NULL, {value_ms("q[1]")}) AS p50,
                   if(sum(arraySum(ready_counts)) = 0, NULL, {value_ms("q[2]")}) AS p75,
                   if(sum(arraySum(ready_counts)) = 0, NULL, {value_ms("q[3]")}) AS p95,
                   if(sum(arraySum(kernel_counts)) = 0, NULL, {value_ms(_KERNEL)}) AS kernel_p50,
                   sum(errors) / sum(count) AS error_share
            FROM windows
            WHERE {COMPARED}
            GROUP BY device, model, variant, backend
            ORDER BY sum(uniqExact(session)) OVER (PARTITION BY device, model) DESC, device, model, p75,
                     variant
            LIMIT 100
        """,
    ),
    Panel(
        id="stages",
        title="Pipeline stages, by kind of device",
        question="Where does a frame's time go around the model?",
        reading=(
            "Length of the named spans that the page marked, for example pre, infer, post, for the 4 pairs "
            "of device and model with most sessions."
        ),
        unit=Unit.MS,
        draw=Ranges(group="stage", series="backend"),
        sql=f"""
            SELECT concat({with_model("kind", table="stages")}, ' · ', name) AS stage, backend,
                   {quantiles("span")}, uniqExact(session) AS sessions
            FROM (
                SELECT {KIND_OF_DEVICE} AS kind, model, stage AS name, backend, session, span_buckets,
                       span_counts
                FROM stages
                WHERE {COMPARED} AND notEmpty(span_buckets)
            )
            WHERE (kind, model) IN (
                SELECT {KIND_OF_DEVICE}, model FROM stages WHERE {COMPARED} AND notEmpty(span_buckets)
                GROUP BY 1, 2 ORDER BY uniqExact(session) DESC, 1, 2 LIMIT 4
            )
            GROUP BY kind, model, name, backend
            ORDER BY kind, model, name, p75
        """,
    ),
)
