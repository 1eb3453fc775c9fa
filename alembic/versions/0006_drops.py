"""Drops: what the SDKs let go before it reached us, in their own words."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS drops (
            app LowCardinality(String) CODEC(ZSTD(1)),
            received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
            session String CODEC(ZSTD(1)),
            release LowCardinality(String) CODEC(ZSTD(1)),
            reason LowCardinality(String) CODEC(ZSTD(1)),
            count UInt32 CODEC(ZSTD(1))
        )
        ENGINE = MergeTree
        PARTITION BY toMonday(received_at)
        ORDER BY (app, received_at)
        TTL toDateTime(received_at) + INTERVAL 90 DAY
        SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS drops")
