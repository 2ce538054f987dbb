"""Segments that are surely editorial have no family until somebody decides on one; smaller indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SEQUENCE = "SELECT seq FROM sqlite_sequence WHERE name = 'segment'"
_COUNT_ON = "UPDATE sqlite_sequence SET seq = :last WHERE name = 'segment'"


def upgrade() -> None:
    """Let a segment be without a family, and find those that are by their wording."""
    op.drop_index("ix_segment_family_id", "segment")
    if op.get_bind().dialect.name == "sqlite":
        _rebuild()
    else:
        op.alter_column("segment", "family_id", nullable=True)
    for name in ("kind", "language", "age", "base"):
        op.drop_index(f"ix_family_{name}", "family")
    most = sa.text("priority DESC")
    indexes: tuple[tuple[str, str, list[str | sa.TextClause], str], ...] = (
        ("segment", "ix_segment_family_id", ["family_id"], "family_id IS NOT NULL"),
        ("segment", "ix_segment_unasked", ["fingerprint"], "family_id IS NULL"),
        ("family", "ix_family_kind", ["kind", most], "status = 'open'"),
        ("family", "ix_family_language", ["language", most], "status = 'open'"),
        ("family", "ix_family_age", ["first_seen"], "status IN ('open', 'second', 'lead')"),
        ("family", "ix_family_base", ["status"], "base = 'quiet'"),
    )
    for table, name, columns, where in indexes:
        condition = sa.text(where)
        op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    """There may be segments that the first revision cannot hold: restore a backup instead."""
    raise NotImplementedError("restore a backup of the older version")


def _rebuild() -> None:
    """SQLite changes a column by copying the table; numbers of rows that are gone stay unused."""
    last = op.get_bind().scalar(sa.text(_SEQUENCE))
    with op.batch_alter_table("segment", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("family_id", nullable=True)
    if last is not None:
        op.get_bind().execute(sa.text(_COUNT_ON), {"last": last})
