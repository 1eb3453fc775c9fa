"""Windows say which model of its name in the session made them, so that growth with loads can be told."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE windows
            ADD COLUMN IF NOT EXISTS nth_load UInt32 DEFAULT 1 CODEC(T64, ZSTD(1)) AFTER tensors_max
        """
    )


def downgrade() -> None:
    op.execute("ALTER TABLE windows DROP COLUMN IF EXISTS nth_load")
