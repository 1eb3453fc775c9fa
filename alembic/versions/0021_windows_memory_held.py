"""Windows say what an engine holds beside what its tensors use: allocated on the GPU, and the wasm heap."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE windows
            ADD COLUMN IF NOT EXISTS memory_gpu_allocated_bytes Array(UInt64) CODEC(Delta, ZSTD(1))
                AFTER memory_gpu_bytes,
            ADD COLUMN IF NOT EXISTS memory_heap_bytes Array(UInt64) CODEC(Delta, ZSTD(1))
                AFTER memory_gpu_allocated_bytes
        """
    )


def downgrade() -> None:
    op.execute(
        "ALTER TABLE windows DROP COLUMN IF EXISTS memory_gpu_allocated_bytes, "
        "DROP COLUMN IF EXISTS memory_heap_bytes"
    )
