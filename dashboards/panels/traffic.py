"""What runs where, and how it starts."""

from dashboards.panel import Bars, Panel, TimeSeries, Unit
from dashboards.panels.scope import COMPARED, IN_RANGE, KIND_OF_DEVICE, with_model

PANELS = (
    Panel(
        id="backend_share",
        title="Sessions by backend",
        question="Which backends do sessions run on?",
        reading="Distinct sessions for each backend; a session that fell back counts for both.",
        unit=Unit.COUNT,
        draw=TimeSeries(series="backend", values=("sessions",), shown="sessions", stacked=True),
        sql=f"""
            SELECT $__timeInterval(at) AS time, backend, uniqExact(session) AS sessions
            FROM windows
            WHERE {IN_RANGE}
            GROUP BY time, backend
            ORDER BY time, backend
        """,
    ),
    Panel(
        id="start_up",
        title="Start-up, by kind of device",
        question="What does a visitor wait for before the first result?",
        reading=(
            "Medians over loads of model load, backend start and first prediction (shader compilation "
            "included). The three are medians of their own, so their sum is near, not at, the median wait. "
            "Compare backends within one kind of device and one model; the 12 with most loads are shown."
        ),
        unit=Unit.MS,
        draw=Bars(label="arm", values=("load_ms", "backend_init_ms", "first_prediction_ms"), weight="loads"),
        sql=f"""
            SELECT arm, load_ms, backend_init_ms, first_prediction_ms, loads
            FROM (
                SELECT {with_model("device")} AS place, concat(place, ' · ', backend) AS arm,
                       quantileExact(0.5)(load_ms) AS load_ms,
                       quantileExact(0.5)(backend_init_ms) AS backend_init_ms,
                       quantileExact(0.5)(first_prediction_ms) AS first_prediction_ms,
                       count() AS loads
                FROM (
                    SELECT {KIND_OF_DEVICE} AS device, model, backend, toFloat64(loads.load_ms) AS load_ms,
                           toFloat64(loads.backend_init_ms) AS backend_init_ms,
                           toFloat64(loads.first_prediction_ms) AS first_prediction_ms
                    FROM loads
                    WHERE {COMPARED}
                )
                GROUP BY device, model, backend
                ORDER BY loads DESC, arm
                LIMIT 12
            )
            ORDER BY place,
                     ifNull(load_ms, 0) + ifNull(backend_init_ms, 0) + ifNull(first_prediction_ms, 0), arm
        """,
    ),
    Panel(
        id="arm_source",
        title="Who chose the arm",
        question="Does the config reach the pages?",
        reading="Sessions by who chose their arm; last_known_good is a config kept from an earlier page, "
        "race a backend that won on the device itself.",
        unit=Unit.COUNT,
        draw=TimeSeries(series="source", values=("sessions",), shown="sessions", stacked=True),
        sql=f"""
            SELECT $__timeInterval(at) AS time, source, uniqExact(session) AS sessions
            FROM exposures
            WHERE {IN_RANGE}
            GROUP BY time, source
            ORDER BY time, source
        """,
    ),
)
