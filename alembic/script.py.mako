"""${message}"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}

# One idempotent statement (ClickHouse has no transactional DDL), and one that only adds: an older process must go
# on working on the newer tables during a rolling deployment.


def upgrade() -> None:
    op.execute(
        """
        """
    )


def downgrade() -> None:
    op.execute("")
