"""Windows: up to a minute of predictions of one model in one session."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS windows (
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
            duration_ms UInt32,
            count UInt32,
            errors UInt32,
            threads UInt16,
            dispatch_buckets Array(Int16),
            dispatch_counts Array(UInt32),
            ready_buckets Array(Int16),
            ready_counts Array(UInt32),
            ready_method LowCardinality(String),
            kernel_buckets Array(Int16),
            kernel_counts Array(UInt32),
            kernel_method LowCardinality(String),
            memory_predictions Array(UInt32),
            memory_tensors Array(UInt64),
            memory_bytes Array(UInt64),
            memory_gpu_bytes Array(UInt64),
            tensors_min UInt64,
            tensors_max UInt64
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
    op.execute("DROP TABLE IF EXISTS windows")
