"""Who had which data deleted, and why; a session by its hash only."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS deletions (
            app LowCardinality(String),
            asked_at DateTime64(3, 'UTC'),
            session_hash String,
            author String,
            note String,
            rows String
        )
        ENGINE = MergeTree
        ORDER BY (app, asked_at)
        SETTINGS non_replicated_deduplication_window = 10000,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS deletions")
