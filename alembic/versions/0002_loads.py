"""Loads: a model was loaded and warmed up, or gave up."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS loads (
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
            model LowCardinality(String),
            variant LowCardinality(String),
            backend LowCardinality(String),
            engine LowCardinality(String),
            load_ms Float32,
            backend_init_ms Nullable(Float32),
            first_prediction_ms Nullable(Float32),
            download_bytes Nullable(UInt64),
            cache_hit Nullable(Bool),
            fallback_backends Array(String),
            fallback_errors Array(String)
        )
        ENGINE = MergeTree
        PARTITION BY toMonday(received_at)
        ORDER BY (app, model, session, at)
        TTL toDateTime(received_at) + INTERVAL 90 DAY
        SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1,
            fsync_after_insert = 1, fsync_part_directory = 1
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS loads")
