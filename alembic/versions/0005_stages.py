"""Stages: named spans of a pipeline around a model."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS stages (
            app LowCardinality(String),
            at DateTime64(3, 'UTC'),
            received_at DateTime64(3, 'UTC'),
            release LowCardinality(String),
            session String,
            batch_id String,
            sdk LowCardinality(String),
            os LowCardinality(String),
            browser LowCardinality(String),
            browser_major UInt16,
            form LowCardinality(String),
            gpu LowCardinality(String),
            memory_gb UInt8,
            cores UInt8,
            wasm_simd Bool,
            wasm_threads Bool,
            webgl UInt8,
            webgpu Bool,
            clock_skew_ms Int64,
            stage LowCardinality(String),
            model LowCardinality(String),
            backend LowCardinality(String),
            duration_ms UInt32,
            count UInt32,
            span_buckets Array(Int16),
            span_counts Array(UInt32)
        )
        ENGINE = MergeTree
        PARTITION BY toMonday(received_at)
        ORDER BY (app, stage, session, at)
        TTL toDateTime(received_at) + INTERVAL 90 DAY
        SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1,
            fsync_after_insert = 1, fsync_part_directory = 1
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS stages")
