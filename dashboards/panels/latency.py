"""How long predictions take, by backend, device and arm."""

from dashboards.panel import Column, Histogram, Panel, Ranges, Table, TimeSeries, Unit
from dashboards.panels.scope import DEVICE_CLASS, IN_RANGE, quantiles, value_ms

HISTOGRAM_STEP = 6
"""Buckets of the wire's histogram drawn as one: 1.04^6 = 1.27, about ten to a decade."""

_WEIGHT = (
    "Every prediction counts once, so busy sessions weigh more; decisions count each session once a day."
)

_KERNEL = "quantileExactWeightedArray(0.5)(kernel_buckets, kernel_counts)"

PANELS = (
    Panel(
        id="ready_by_backend",
        title="Result ready, by backend",
        question="How fast is each backend, and did it change?",
        reading=f"Quantiles of ready_ms, exact within 2 % from merged log histograms. {_WEIGHT}",
        unit=Unit.MS,
        draw=TimeSeries(series="backend", values=("p50", "p75", "p95"), shown="p75", scale="log"),
        sql=f"""
            SELECT $__timeInterval(at) AS time, backend, {quantiles()}
            FROM windows
            WHERE {IN_RANGE} AND notEmpty(ready_buckets)
            GROUP BY time, backend
            ORDER BY time, backend
        """,
    ),
    Panel(
        id="ready_by_device",
        title="Result ready, by kind of device",
        question="Which backend is fastest on which kind of device?",
        reading=(
            "p50 to p95 of ready_ms with a mark at p75, for the 12 kinds of device with most sessions. "
            f"Within a kind, the shortest bar wins. {_WEIGHT}"
        ),
        unit=Unit.MS,
        draw=Ranges(group="device", series="backend"),
        sql=f"""
            SELECT {DEVICE_CLASS} AS device, backend, {quantiles()}, uniqExact(session) AS sessions
            FROM windows
            WHERE {IN_RANGE} AND notEmpty(ready_buckets) AND {DEVICE_CLASS} IN (
                SELECT {DEVICE_CLASS} FROM windows WHERE {IN_RANGE} AND notEmpty(ready_buckets)
                GROUP BY 1 ORDER BY uniqExact(session) DESC, 1 LIMIT 12
            )
            GROUP BY device, backend
            ORDER BY max(uniqExact(session)) OVER (PARTITION BY device) DESC, device, p75
        """,
    ),
    Panel(
        id="ready_distribution",
        title="Distribution of result ready",
        question="Are there two kinds of predictions hiding in one average?",
        reading=(
            "Share of each backend's predictions by ready_ms, on a logarithmic axis; two humps are two "
            "populations."
        ),
        unit=Unit.SHARE,
        draw=Histogram(series="backend"),
        sql=f"""
            SELECT exp(step * {HISTOGRAM_STEP} * log(1.04)) AS from_ms,
                   exp((step + 1) * {HISTOGRAM_STEP} * log(1.04)) AS to_ms,
                   backend, held / total AS share
            FROM (
                SELECT backend, toInt32(floor(bucket / {HISTOGRAM_STEP})) AS step, sum(n) AS held,
                       sum(sum(n)) OVER (PARTITION BY backend) AS total
                FROM windows ARRAY JOIN ready_buckets AS bucket, ready_counts AS n
                WHERE {IN_RANGE}
                GROUP BY backend, step
            )
            ORDER BY step, backend
        """,
    ),
    Panel(
        id="ready_by_source",
        title="Does steering pay?",
        question="Is a page faster on the arm that the config chose than on its default?",
        reading=(
            "ready_ms by who chose the arm. The fair comparison is within one kind of device and "
            "between "
            "sessions drawn at random (config against holdback); across all devices it also shows who gets a "
            "config at all."
        ),
        unit=Unit.MS,
        draw=Ranges(group="model", series="source"),
        sql=f"""
            SELECT model, source, {quantiles()}, uniqExact(session) AS sessions
            FROM (
                SELECT session, model, ready_buckets, ready_counts
                FROM windows WHERE {IN_RANGE} AND notEmpty(ready_buckets)
            ) AS seen
            INNER JOIN (
                SELECT session, model, argMax(source, at) AS source
                FROM exposures WHERE {IN_RANGE} GROUP BY session, model
            ) AS exposed USING (session, model)
            GROUP BY model, source
            ORDER BY model, p75
        """,
    ),
    Panel(
        id="arms",
        title="Arms in use",
        question="What does each backend and variant cost, and how often does it run?",
        reading="One row for each model, variant and backend seen in the range; errors per prediction.",
        unit=Unit.MS,
        draw=Table(
            shown=(
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
            SELECT model, variant, backend, uniqExact(session) AS sessions, sum(count) AS predictions,
                   quantilesExactWeightedArray(0.5, 0.75, 0.95)(ready_buckets, ready_counts) AS q,
                   if(sum(arraySum(ready_counts)) = 0, NULL, {value_ms("q[1]")}) AS p50,
                   if(sum(arraySum(ready_counts)) = 0, NULL, {value_ms("q[2]")}) AS p75,
                   if(sum(arraySum(ready_counts)) = 0, NULL, {value_ms("q[3]")}) AS p95,
                   if(sum(arraySum(kernel_counts)) = 0, NULL, {value_ms(_KERNEL)}) AS kernel_p50,
                   sum(errors) / sum(count) AS error_share
            FROM windows
            WHERE {IN_RANGE}
            GROUP BY model, variant, backend
            ORDER BY sessions DESC, model, variant, backend
            LIMIT 100
        """,
    ),
    Panel(
        id="stages",
        title="Pipeline stages",
        question="Where does a frame's time go around the model?",
        reading="Length of the named spans that the page marked, for example pre, infer, post.",
        unit=Unit.MS,
        draw=Ranges(group="stage", series="backend"),
        sql=f"""
            SELECT stage, backend, {quantiles("span")}, uniqExact(session) AS sessions
            FROM stages
            WHERE {IN_RANGE} AND notEmpty(span_buckets)
            GROUP BY stage, backend
            ORDER BY stage, p75
        """,
    ),
)
