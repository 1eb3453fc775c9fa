"""Config versions: immutable; the active one is the highest."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS config_versions (
            app LowCardinality(String),
            version UInt32,
            created_at DateTime64(3, 'UTC'),
            author String,
            action LowCardinality(String),
            note String,
            enabled Bool,
            sample_rate Float64,
            plans String CODEC(ZSTD(3))
        )
        ENGINE = MergeTree
        ORDER BY (app, version)
        SETTINGS non_replicated_deduplication_window = 10000,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS config_versions")
