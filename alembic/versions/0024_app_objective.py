"""Apps say what arms are chosen by; empty: the settings say it."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE app_versions ADD COLUMN IF NOT EXISTS objective String CODEC(ZSTD(1)) "
        "AFTER retention_days"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE app_versions DROP COLUMN IF EXISTS objective")
