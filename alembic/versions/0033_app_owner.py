"""Apps say who looks after them; empty: nobody in particular."""

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE app_versions ADD COLUMN IF NOT EXISTS owner LowCardinality(String) CODEC(ZSTD(1)) "
        "AFTER objective"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE app_versions DROP COLUMN IF EXISTS owner")
