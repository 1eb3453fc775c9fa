"""Variants of a model, with what was measured about them; the newest registration wins."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS variants (
            app LowCardinality(String),
            model LowCardinality(String),
            variant LowCardinality(String),
            url String,
            format LowCardinality(String),
            bytes UInt64,
            agreement Nullable(Float64),
            accuracy Nullable(Float64),
            registered_at DateTime64(3, 'UTC'),
            metadata String CODEC(ZSTD(3))
        )
        ENGINE = ReplacingMergeTree(registered_at)
        ORDER BY (app, model, variant)
        SETTINGS non_replicated_deduplication_window = 10000,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS variants")
