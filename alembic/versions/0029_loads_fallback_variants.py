"""Loads say which variant did not start: what is wrong with its files does not speak against the original."""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE loads
            ADD COLUMN IF NOT EXISTS fallback_variants Array(String) DEFAULT [] CODEC(ZSTD(1))
            AFTER fallback_backends
        """
    )


def downgrade() -> None:
    op.execute("ALTER TABLE loads DROP COLUMN IF EXISTS fallback_variants")
