"""What went wrong: incidents as pages saw them, findings as jobs concluded them."""

from dashboards.panel import Column, Panel, Table, Threshold, TimeSeries, Unit
from dashboards.panels.scope import CHOSEN, COMPARED, DEVICE_CLASS, IN_RANGE

_ARM = "if(variant = 'original', toString(backend), concat(backend, ' · ', variant))"

PANELS = (
    Panel(
        id="incidents_by_kind",
        title="Incidents, by kind",
        question="What goes wrong in the pages, and since when?",
        reading="Sum of incident counts: errors, lost contexts and devices, hangs, fallbacks, wrong outputs, "
        "GPU backends that are software, pages that were killed.",
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
        id="killed_share",
        title="Killed pages, by kind of device",
        question="Where do pages die while a model loads or predicts?",
        reading=(
            "A page that was killed is told by the next visit of that browser. The share is that of sessions "
            "which told of one, of all that ran or told of the arm. Arms without a death are left out; those "
            "with fewer than 5 sessions come last. A browser's own crash reports know of no model: they are "
            "among the incidents."
        ),
        unit=Unit.SHARE,
        draw=Table(
            shown=(
                Column(name="device", title="Device"),
                Column(name="model", title="Model"),
                Column(name="arm", title="Arm"),
                Column(name="share", title="Killed", unit=Unit.SHARE),
                Column(name="killed", title="Deaths", unit=Unit.COUNT),
                Column(name="while_loading", title="Before the first result", unit=Unit.COUNT),
                Column(name="sessions", title="Sessions", unit=Unit.COUNT),
            ),
        ),
        thresholds=(Threshold(value=0.02, level="warning"), Threshold(value=0.1, level="critical")),
        sql=f"""
            SELECT device, model, arm, uniqExactIf(session, died) / sessions AS share,
                   sumIf(times, died) AS killed, sumIf(times, died AND NOT in_use) AS while_loading,
                   uniqExact(session) AS sessions
            FROM (
                SELECT {DEVICE_CLASS} AS device, model, {_ARM} AS arm, session,
                       false AS died, false AS in_use, 0 AS times
                FROM windows
                WHERE {COMPARED}
                UNION ALL
                SELECT {DEVICE_CLASS} AS device, model, {_ARM} AS arm, session,
                       true AS died, phase = 'predict' AS in_use, count AS times
                FROM incidents
                WHERE {COMPARED} AND kind = 'killed' AND phase != 'unknown'
            )
            GROUP BY device, model, arm
            HAVING killed > 0
            ORDER BY sessions >= 5 DESC, share DESC, killed DESC, device, model, arm
            LIMIT 20
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
