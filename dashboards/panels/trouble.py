"""What went wrong: incidents as pages saw them, findings as jobs concluded them."""

from dashboards.panel import Column, Panel, Table, TimeSeries, Unit
from dashboards.panels.scope import CHOSEN, IN_RANGE

PANELS = (
    Panel(
        id="incidents_by_kind",
        title="Incidents, by kind",
        question="What goes wrong in the pages, and since when?",
        reading="Sum of incident counts: errors, lost contexts and devices, hangs, fallbacks, wrong outputs, "
        "GPU backends that are software.",
        unit=Unit.COUNT,
        draw=TimeSeries(series="kind", values=("incidents",), shown="incidents", stacked=True),
        sql=f"""
            SELECT $__timeInterval(at) AS time, kind, sum(count) AS incidents
            FROM incidents
            WHERE {IN_RANGE}
            GROUP BY time, kind
            ORDER BY time, kind
        """,
    ),
    Panel(
        id="findings",
        title="Findings",
        question="What did the jobs find wrong, and on what evidence?",
        reading="Open ones first, then those resolved in the range. Each is about a cohort of sessions.",
        unit=Unit.TEXT,
        draw=Table(
            layout="findings",
            shown=(
                Column(name="state", title="State"),
                Column(name="severity", title="Severity"),
                Column(name="kind", title="Kind"),
                Column(name="model", title="Model"),
                Column(name="release", title="Release"),
                Column(name="backend", title="Backend"),
                Column(name="summary", title="Summary"),
                Column(name="opened_at", title="Opened", unit=Unit.TIME),
                Column(name="updated_at", title="Last seen", unit=Unit.TIME),
            ),
            hidden=("finding_id", "resolved_at", "evidence"),
        ),
        sql=f"""
            SELECT state, severity, kind, model, release, backend, summary, opened_at, updated_at,
                   resolved_at, finding_id, evidence
            FROM findings FINAL
            WHERE {CHOSEN} AND (state = 'open' OR ($__timeFilter_ms(updated_at)))
            ORDER BY state = 'open' DESC, severity = 'critical' DESC, updated_at DESC, finding_id
            LIMIT 50
        """,
    ),
)
