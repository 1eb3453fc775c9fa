"""Config versions keep the recorded canaries that they publish."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE config_versions ADD COLUMN IF NOT EXISTS canaries String CODEC(ZSTD(3)) AFTER plans"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE config_versions DROP COLUMN IF EXISTS canaries")
