"""Findings: what the jobs found wrong; the newest state wins."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS findings (
            finding_id String,
            kind LowCardinality(String),
            app LowCardinality(String),
            model LowCardinality(String),
            release LowCardinality(String),
            backend LowCardinality(String),
            state LowCardinality(String),
            severity LowCardinality(String),
            opened_at DateTime64(3, 'UTC'),
            updated_at DateTime64(3, 'UTC'),
            resolved_at Nullable(DateTime64(3, 'UTC')),
            summary String,
            evidence String CODEC(ZSTD(3))
        )
        ENGINE = ReplacingMergeTree(updated_at)
        ORDER BY (app, finding_id)
        SETTINGS non_replicated_deduplication_window = 10000,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS findings")
