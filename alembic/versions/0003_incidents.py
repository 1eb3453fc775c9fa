"""Incidents: something went wrong with a model or a backend."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS incidents (
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
            kind LowCardinality(String),
            count UInt32,
            error LowCardinality(String)
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
    op.execute("DROP TABLE IF EXISTS incidents")
