"""Leak traces: what stays in memory, and the frames that made it, a row for each trace."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS leak_traces (
            app LowCardinality(String) CODEC(ZSTD(1)),
            at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
            received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
            release LowCardinality(String) CODEC(ZSTD(1)),
            session String CODEC(ZSTD(1)),
            batch_id String CODEC(ZSTD(1)),
            sdk LowCardinality(String) CODEC(ZSTD(1)),
            os LowCardinality(String) CODEC(ZSTD(1)),
            browser LowCardinality(String) CODEC(ZSTD(1)),
            browser_major UInt16 CODEC(ZSTD(1)),
            form LowCardinality(String) CODEC(ZSTD(1)),
            gpu LowCardinality(String) CODEC(ZSTD(1)),
            memory_gb UInt8 CODEC(ZSTD(1)),
            cores UInt8 CODEC(ZSTD(1)),
            wasm_simd Bool CODEC(ZSTD(1)),
            wasm_threads Bool CODEC(ZSTD(1)),
            webgl UInt8 CODEC(ZSTD(1)),
            webgpu Bool CODEC(ZSTD(1)),
            automated Bool CODEC(ZSTD(1)),
            clock_skew_ms Int64 CODEC(Delta, ZSTD(1)),
            model LowCardinality(String) CODEC(ZSTD(1)),
            variant LowCardinality(String) CODEC(ZSTD(1)),
            backend LowCardinality(String) CODEC(ZSTD(1)),
            steerable Bool CODEC(ZSTD(1)),
            engine LowCardinality(String) CODEC(ZSTD(1)),
            predictions UInt32 CODEC(ZSTD(1)),
            loads UInt32 CODEC(ZSTD(1)),
            sites String CODEC(ZSTD(3))
        )
        ENGINE = MergeTree
        PARTITION BY toMonday(received_at)
        ORDER BY (app, model, toStartOfHour(at), session)
        TTL toDateTime(received_at) + INTERVAL 90 DAY
        SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS leak_traces")
