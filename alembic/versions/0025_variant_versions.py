"""Versions of a registered variant: rows that are only ever added, each the whole state."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE IF NOT EXISTS variant_versions (
            app LowCardinality(String),
            model LowCardinality(String),
            variant LowCardinality(String),
            version UInt32,
            created_at DateTime64(3, 'UTC'),
            author String,
            action LowCardinality(String),
            note String,
            removed Bool,
            url String,
            engine LowCardinality(String),
            kind LowCardinality(String),
            content_id String,
            source_id String,
            bytes UInt64,
            brotli_bytes Nullable(UInt64),
            integrity String,
            agreement Nullable(Float64),
            accuracy Nullable(Float64),
            accuracy_of LowCardinality(String),
            samples Nullable(UInt64),
            accepted Nullable(Bool),
            refused_by Array(String),
            backends String CODEC(ZSTD(3)),
            metadata String CODEC(ZSTD(3))
        )
        ENGINE = MergeTree
        ORDER BY (app, model, variant, version)
        SETTINGS non_replicated_deduplication_window = 10000,
            fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 480
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE IF EXISTS variant_versions")
