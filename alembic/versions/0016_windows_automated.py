"""Windows say whether an automated browser made them, and whether a plan can steer the model."""

from alembic import op

revision = "0016"
down_revision = "0014"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE windows
            ADD COLUMN IF NOT EXISTS automated Bool CODEC(ZSTD(1)) AFTER webgpu,
            ADD COLUMN IF NOT EXISTS steerable Bool DEFAULT true CODEC(ZSTD(1)) AFTER backend
        """
    )


def downgrade() -> None:
    op.execute("ALTER TABLE windows DROP COLUMN IF EXISTS automated, DROP COLUMN IF EXISTS steerable")
