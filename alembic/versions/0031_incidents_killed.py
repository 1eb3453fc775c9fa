"""Incidents say in which phase a page died, and why, where a browser told."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE incidents
            ADD COLUMN IF NOT EXISTS phase LowCardinality(String) DEFAULT '' AFTER error,
            ADD COLUMN IF NOT EXISTS crash LowCardinality(String) DEFAULT '' AFTER phase
        """
    )


def downgrade() -> None:
    op.execute("ALTER TABLE incidents DROP COLUMN IF EXISTS phase, DROP COLUMN IF EXISTS crash")
