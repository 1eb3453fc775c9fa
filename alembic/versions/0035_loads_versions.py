"""Loads say of which version the inference library was, and the model; empty: not told."""

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE loads
            ADD COLUMN IF NOT EXISTS engine_version LowCardinality(String) DEFAULT '' AFTER fallback_errors,
            ADD COLUMN IF NOT EXISTS model_release LowCardinality(String) DEFAULT '' AFTER engine_version
        """
    )


def downgrade() -> None:
    op.execute("ALTER TABLE loads DROP COLUMN IF EXISTS engine_version, DROP COLUMN IF EXISTS model_release")
