"""What was decided for each kind of device, why, and which configs went out."""

from dashboards.panel import Column, Panel, Table, Unit

CHOSEN = "app = ${app:singlequote} AND $__conditionalAll(model = ${model:singlequote}, $model)"
"""The decisions about the chosen app and model."""

PANELS = (
    Panel(
        id="decisions",
        title="Decisions",
        question="Which arm does each kind of device get, and why?",
        reading=(
            "The newest decision for each model and device class, whatever the range. The ratio compares the "
            "arm with the default on the app's objective: 0.8 is 20 % faster."
        ),
        unit=Unit.RATIO,
        draw=Table(
            layout="decisions",
            shown=(
                Column(name="device_class", title="Device class"),
                Column(name="model", title="Model"),
                Column(name="state", title="State"),
                Column(name="backend", title="Backend"),
                Column(name="variant", title="Variant"),
                Column(name="default_backend", title="Default"),
                Column(name="expected_ratio", title="Expected ratio", unit=Unit.RATIO),
                Column(name="reason", title="Reason"),
                Column(name="decided_at", title="Decided", unit=Unit.TIME),
            ),
            hidden=("level", "record"),
        ),
        sql=f"""
            SELECT device_class, model, state, backend, variant, default_backend, expected_ratio,
                   JSONExtractString(record, 'reason') AS reason, decided_at, level, record
            FROM decisions
            WHERE {CHOSEN} AND (model, device_class, decided_at, run_id) IN (
                SELECT model, device_class, max((decided_at, run_id)).1, max((decided_at, run_id)).2
                FROM decisions WHERE {CHOSEN} GROUP BY model, device_class
            )
            ORDER BY decided_at DESC, run_id DESC
            LIMIT 1 BY app, model, device_class
            LIMIT 200
        """,
    ),
    Panel(
        id="config_versions",
        title="Config versions",
        question="Who changed the config, when and why?",
        reading="The newest 20; the highest is served. A rollback is a new version with older plans.",
        unit=Unit.TEXT,
        draw=Table(
            shown=(
                Column(name="version", title="Version", unit=Unit.COUNT),
                Column(name="created_at", title="Made", unit=Unit.TIME),
                Column(name="action", title="Action"),
                Column(name="author", title="Author"),
                Column(name="device_classes", title="Device classes", unit=Unit.COUNT),
                Column(name="enabled", title="Enabled"),
                Column(name="sample_rate", title="Sampled", unit=Unit.SHARE),
                Column(name="note", title="Note"),
            )
        ),
        sql="""
            SELECT version, created_at, action, author, JSONLength(plans) AS device_classes,
                   if(enabled, 'yes', 'no') AS enabled, sample_rate, note
            FROM config_versions
            WHERE app = ${app:singlequote}
            ORDER BY version DESC
            LIMIT 20
        """,
    ),
)
