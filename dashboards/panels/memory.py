"""Tensors and bytes: what grows, in which release."""

from dashboards.panel import Column, Panel, Table, Threshold, TimeSeries, Unit
from dashboards.panels.scope import IN_RANGE

SLOPE = (
    "(argMax(memory_tensors[-1], memory_predictions[-1]) - argMin(memory_tensors[1], memory_predictions[1]))"
    " / (max(memory_predictions[-1]) - min(memory_predictions[1]))"
)
"""Tensors gained per prediction between a session's first and last point."""

GROWTH = "max(memory_predictions[-1]) > min(memory_predictions[1])"
"""A slope needs two points with predictions between them."""

LEAK_SLOPE = 0.5
"""Tensors per prediction: a page that forgets a dispose() on every other prediction."""

PANELS = (
    Panel(
        id="tensors_slope",
        title="Tensors gained per prediction",
        question="Does a release forget to dispose of tensors?",
        reading=(
            "Over sessions, of the tensors gained per prediction between a session's first and last point in "
            "the interval. 0 is healthy; 1 is one forgotten dispose() on each prediction. p95 shows a leak "
            "that only one backend or path has; p50 one that every session has. Leak findings rest on a "
            "robust slope and on cohorts."
        ),
        unit=Unit.TENSORS_PER_PREDICTION,
        draw=TimeSeries(series="release", values=("p50", "p95"), shown="p95"),
        thresholds=(Threshold(value=LEAK_SLOPE, level="critical"),),
        sql=f"""
            SELECT time, release, quantileExact(0.5)(session_slope) AS p50,
                   quantileExact(0.95)(session_slope) AS p95
            FROM (
                SELECT $__timeInterval(at) AS time, release, model, session, {SLOPE} AS session_slope
                FROM windows
                WHERE {IN_RANGE} AND notEmpty(memory_predictions)
                GROUP BY time, release, model, session
                HAVING {GROWTH}
            )
            GROUP BY time, release
            ORDER BY time, release
        """,
    ),
    Panel(
        id="bytes_held",
        title="Bytes held by the engine",
        question="How much memory do pages hold, and does it creep?",
        reading=(
            "Over sessions, of the engine's numBytes at a session's last point in the interval. It is what "
            "tensors hold, not the page's heap."
        ),
        unit=Unit.BYTES,
        draw=TimeSeries(series="release", values=("p50", "p95"), shown="p95"),
        sql=f"""
            SELECT time, release, quantileExact(0.5)(held) AS p50, quantileExact(0.95)(held) AS p95
            FROM (
                SELECT $__timeInterval(at) AS time, release, session,
                       argMax(memory_bytes[-1], memory_predictions[-1]) AS held
                FROM windows
                WHERE {IN_RANGE} AND notEmpty(memory_bytes)
                GROUP BY time, release, session
            )
            GROUP BY time, release
            ORDER BY time, release
        """,
    ),
    Panel(
        id="memory_by_release",
        title="Memory, by release and backend",
        question="Which release and backend leak, and in how many sessions?",
        reading=(
            f"A session grows when it gains at least {LEAK_SLOPE} tensors per prediction over its life in "
            "the range. Bytes per prediction likewise, from first to last point. What the engine holds is "
            "its pool on the GPU, or its wasm heap, at a session's last point: often much more than its "
            "tensors use."
        ),
        unit=Unit.TENSORS_PER_PREDICTION,
        draw=Table(
            shown=(
                Column(name="release", title="Release"),
                Column(name="model", title="Model"),
                Column(name="backend", title="Backend"),
                Column(name="sessions", title="Sessions", unit=Unit.COUNT),
                Column(name="growing", title="Growing", unit=Unit.SHARE),
                Column(name="slope", title="Slope p50", unit=Unit.TENSORS_PER_PREDICTION),
                Column(name="slope_p95", title="Slope p95", unit=Unit.TENSORS_PER_PREDICTION),
                Column(name="bytes_per_prediction", title="Bytes / prediction", unit=Unit.BYTES),
                Column(name="held", title="Bytes held p50", unit=Unit.BYTES),
                Column(name="engine_holds", title="Engine holds p50", unit=Unit.BYTES),
            )
        ),
        sql=f"""
            SELECT release, model, backend, count() AS sessions,
                   countIf(session_slope >= {LEAK_SLOPE}) / count() AS growing,
                   quantileExact(0.5)(session_slope) AS slope,
                   quantileExact(0.95)(session_slope) AS slope_p95,
                   quantileExact(0.5)(byte_slope) AS bytes_per_prediction,
                   quantileExact(0.5)(last_bytes) AS held,
                   quantileExact(0.5)(last_held) AS engine_holds
            FROM (
                SELECT release, model, backend, session, {SLOPE} AS session_slope,
                       {SLOPE.replace("memory_tensors", "memory_bytes")} AS byte_slope,
                       argMax(memory_bytes[-1], memory_predictions[-1]) AS last_bytes,
                       argMax(
                           greatest(memory_gpu_allocated_bytes[-1], memory_heap_bytes[-1]),
                           memory_predictions[-1]
                       ) AS last_held
                FROM windows
                WHERE {IN_RANGE} AND notEmpty(memory_predictions)
                GROUP BY release, model, backend, session
                HAVING {GROWTH}
            )
            GROUP BY release, model, backend
            ORDER BY growing DESC, sessions DESC, release, model, backend
            LIMIT 100
        """,
    ),
)
