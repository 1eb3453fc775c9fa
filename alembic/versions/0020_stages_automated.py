"""Stages say whether an automated browser made them."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE stages
            ADD COLUMN IF NOT EXISTS automated Bool CODEC(ZSTD(1)) AFTER webgpu
        """
    )


def downgrade() -> None:
    op.execute("ALTER TABLE stages DROP COLUMN IF EXISTS automated")
