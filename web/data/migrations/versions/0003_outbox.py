"""Messages are found by their hook, so that to switch one off does not read all messages."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index messages by hook."""
    op.create_index("ix_outbox_hook_id", "outbox", ["hook_id"])


def downgrade() -> None:
    """Take the index away."""
    op.drop_index("ix_outbox_hook_id", "outbox")
