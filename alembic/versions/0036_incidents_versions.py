"""Incidents say of which version the inference library was, and the model; empty: not told."""

from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE incidents
            ADD COLUMN IF NOT EXISTS engine_version LowCardinality(String) DEFAULT '' AFTER crash,
            ADD COLUMN IF NOT EXISTS model_release LowCardinality(String) DEFAULT '' AFTER engine_version
        """
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE incidents DROP COLUMN IF EXISTS engine_version, DROP COLUMN IF EXISTS model_release"
    )
