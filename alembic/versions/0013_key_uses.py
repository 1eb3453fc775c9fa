"""The day on which each write key was last used; the newest wins."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS key_uses (
            app LowCardinality(String),
            key_id String,
            day Date
        )
        ENGINE = ReplacingMergeTree(day)
        ORDER BY (app, key_id)
        SETTINGS non_replicated_deduplication_window = 10000,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS key_uses")
