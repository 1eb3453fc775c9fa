"""Decisions: what the recommender concluded for each device class, with its record."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS decisions (
            run_id String,
            decided_at DateTime64(3, 'UTC'),
            app LowCardinality(String),
            model LowCardinality(String),
            device_class LowCardinality(String),
            level UInt8,
            state LowCardinality(String),
            backend LowCardinality(String),
            variant LowCardinality(String),
            default_backend LowCardinality(String),
            expected_ratio Float64,
            record String CODEC(ZSTD(3))
        )
        ENGINE = MergeTree
        ORDER BY (app, model, device_class, decided_at)
        SETTINGS non_replicated_deduplication_window = 10000,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS decisions")
