"""Versions of what an app wants of a model: how much accuracy a variant of it may lose."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS model_versions (
            app LowCardinality(String),
            model LowCardinality(String),
            version UInt32,
            created_at DateTime64(3, 'UTC'),
            author String,
            action LowCardinality(String),
            note String,
            max_accuracy_loss Nullable(Float64)
        )
        ENGINE = MergeTree
        ORDER BY (app, model, version)
        SETTINGS non_replicated_deduplication_window = 10000,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS model_versions")
