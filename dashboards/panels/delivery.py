"""Whether the picture is whole: reports that arrived, items that SDKs had to let go."""

from dashboards.panel import Panel, TimeSeries, Unit

_ARRIVED = "app = ${app:singlequote} AND $__timeFilter_ms(received_at)"
_TABLES = ("windows", "loads", "incidents", "exposures", "stages", "races", "leak_traces")
_BATCHES = " UNION ALL ".join(
    f"SELECT received_at, sdk, batch_id FROM {table} WHERE {_ARRIVED}" for table in _TABLES
)

PANELS = (
    Panel(
        id="reports",
        title="Reports stored",
        question="Do reports keep arriving, and from which SDK?",
        reading=(
            "Distinct batches stored, by the collector's own clock. A report without items leaves no row."
        ),
        unit=Unit.COUNT,
        draw=TimeSeries(series="sdk", values=("reports",), shown="reports", stacked=True),
        sql=f"""
            SELECT $__timeInterval(received_at) AS time, sdk, uniqExact(batch_id) AS reports
            FROM ({_BATCHES})
            GROUP BY time, sdk
            ORDER BY time, sdk
        """,
    ),
    Panel(
        id="drops",
        title="Items dropped in the browser",
        question="What did SDKs let go before it reached the collector, and why?",
        reading="What SDKs said they dropped, by reason. What they never got to say is not here.",
        unit=Unit.COUNT,
        draw=TimeSeries(series="reason", values=("items",), shown="items", stacked=True),
        sql=f"""
            SELECT $__timeInterval(received_at) AS time, reason, sum(count) AS items
            FROM drops
            WHERE {_ARRIVED}
            GROUP BY time, reason
            ORDER BY time, reason
        """,
    ),
)
