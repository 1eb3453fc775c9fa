"""Incidents say whether an automated browser made them, and whether a plan can steer the model."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE incidents
            ADD COLUMN IF NOT EXISTS automated Bool CODEC(ZSTD(1)) AFTER webgpu,
            ADD COLUMN IF NOT EXISTS steerable Bool DEFAULT true CODEC(ZSTD(1)) AFTER backend
        """
    )


def downgrade() -> None:
    op.execute("ALTER TABLE incidents DROP COLUMN IF EXISTS automated, DROP COLUMN IF EXISTS steerable")
