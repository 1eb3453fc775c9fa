"""The variants of a model against one another, as the newest decisions weighed them."""

from dashboards.panel import Column, Panel, Scatter, Unit
from dashboards.panels.steering import CHOSEN

_SEVERAL = "min(model) OVER () != max(model) OVER ()"
_NUMBER = "Nullable(Float64)"
_ACCURACY = f"JSONExtract(each, 'accuracy', '{_NUMBER}')"

PANELS = (
    Panel(
        id="variant_trade_off",
        title="Variants, by kind of device",
        question="Which variant is small, fast and accurate enough, and why was another refused?",
        reading=(
            "From the newest decisions, whatever the range: each variant of a model on the backend that "
            "suits it best in a device class. Bytes are those of its files; ready is the median of the "
            "sessions' p75; quality is its accuracy, or else its agreement with the original. The best place "
            "is at the bottom left. A larger mark is of better quality, a cross was refused, a ring lacks "
            "sessions. The 24 widest classes of the models with more than one variant."
        ),
        unit=Unit.MS,
        draw=Scatter(
            group="device",
            label="variant",
            series="backend",
            x="bytes",
            y="ready_ms",
            size="quality",
            size_of="quality_of",
            state="verdict",
            note="why",
            shown=(
                Column(name="device", title="Device class"),
                Column(name="variant", title="Variant"),
                Column(name="verdict", title="Verdict"),
                Column(name="backend", title="Backend"),
                Column(name="bytes", title="Bytes", unit=Unit.BYTES),
                Column(name="brotli_bytes", title="With brotli", unit=Unit.BYTES),
                Column(name="quality", title="Quality", unit=Unit.SHARE),
                Column(name="quality_of", title="Quality of"),
                Column(name="ready_ms", title="Ready p75", unit=Unit.MS),
                Column(name="start_ms", title="Start", unit=Unit.MS),
                Column(name="sessions", title="Sessions", unit=Unit.COUNT),
                Column(name="why", title="Why"),
            ),
        ),
        sql=f"""
            SELECT if({_SEVERAL}, concat(device_class, ' · ', model), device_class) AS device,
                   JSONExtractString(each, 'variant') AS variant,
                   JSONExtractString(each, 'verdict') AS verdict,
                   JSONExtractString(each, 'backend') AS backend,
                   JSONExtract(each, 'bytes', '{_NUMBER}') AS bytes,
                   JSONExtract(each, 'brotli_bytes', '{_NUMBER}') AS brotli_bytes,
                   coalesce({_ACCURACY}, JSONExtract(each, 'agreement', '{_NUMBER}')) AS quality,
                   multiIf(quality IS NULL, '', {_ACCURACY} IS NULL, 'agreement',
                           JSONExtractString(each, 'accuracy_of') = '', 'accuracy',
                           JSONExtractString(each, 'accuracy_of')) AS quality_of,
                   JSONExtract(each, 'ready_ms', '{_NUMBER}') AS ready_ms,
                   JSONExtract(each, 'start_ms', '{_NUMBER}') AS start_ms,
                   JSONExtract(each, 'sessions', 'UInt32') AS sessions, JSONExtractString(each, 'why') AS why
            FROM (
                SELECT model, device_class, level, record, JSONExtractFloat(record, 'sessions_a_day') AS daily
                FROM (
                    SELECT model, device_class, level, record FROM decisions
                    WHERE {CHOSEN} AND (model, device_class, decided_at, run_id) IN (
                        SELECT model, device_class, max((decided_at, run_id)).1, max((decided_at, run_id)).2
                        FROM decisions WHERE {CHOSEN} GROUP BY model, device_class
                    )
                    LIMIT 1 BY model, device_class
                )
                WHERE JSONLength(record, 'variants') > 1
                ORDER BY level, daily DESC, device_class, model
                LIMIT 24
            )
            ARRAY JOIN JSONExtractArrayRaw(record, 'variants') AS each, arrayEnumerate(
                JSONExtractArrayRaw(record, 'variants')) AS place
            ORDER BY level, daily DESC, device_class, model, place
        """,
    ),
)
