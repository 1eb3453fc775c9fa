"""Versions of a model's recorded canary: rows that are only ever added, each the whole state."""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS canary_versions (
            app LowCardinality(String),
            model LowCardinality(String),
            version UInt32,
            created_at DateTime64(3, 'UTC'),
            author String,
            action LowCardinality(String),
            note String,
            removed Bool,
            canary_id String,
            canary String CODEC(ZSTD(3)),
            contents String CODEC(ZSTD(3)),
            evidence String CODEC(ZSTD(3))
        )
        ENGINE = MergeTree
        ORDER BY (app, model, version)
        SETTINGS non_replicated_deduplication_window = 10000,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS canary_versions")
