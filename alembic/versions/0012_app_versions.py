"""Apps: versions that are only ever added; the highest holds, and who made it is in the row."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS app_versions (
            app LowCardinality(String),
            version UInt32,
            created_at DateTime64(3, 'UTC'),
            author String,
            action LowCardinality(String),
            note String,
            removed Bool,
            origins Array(String),
            sample_rate Nullable(Float64),
            retention_days Nullable(UInt16),
            keys String CODEC(ZSTD(3))
        )
        ENGINE = MergeTree
        ORDER BY (app, version)
        SETTINGS non_replicated_deduplication_window = 10000,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS app_versions")
