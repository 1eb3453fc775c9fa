"""Findings say what else their sessions have in common: one GPU family, or a version of a browser."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.execute("ALTER TABLE findings ADD COLUMN IF NOT EXISTS scope String DEFAULT '' AFTER backend")


def downgrade() -> None:
    op.execute("ALTER TABLE findings DROP COLUMN IF EXISTS scope")
