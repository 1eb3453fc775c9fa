"""Windows say of which version the inference library was, and the model; empty: not told."""

from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE windows
            ADD COLUMN IF NOT EXISTS engine_version LowCardinality(String) DEFAULT '' AFTER nth_load,
            ADD COLUMN IF NOT EXISTS model_release LowCardinality(String) DEFAULT '' AFTER engine_version
        """
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE windows DROP COLUMN IF EXISTS engine_version, DROP COLUMN IF EXISTS model_release"
    )
