"""Models: registered by name; the newest registration wins."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS models (
            app LowCardinality(String),
            model LowCardinality(String),
            registered_at DateTime64(3, 'UTC'),
            engine LowCardinality(String),
            source String
        )
        ENGINE = ReplacingMergeTree(registered_at)
        ORDER BY (app, model)
        SETTINGS non_replicated_deduplication_window = 10000,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS models")
