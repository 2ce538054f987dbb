"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "attempt",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_name_at"), "attempt", ["name", "at"], unique=False)
    op.create_table(
        "family",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("chrome", sa.Double(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("copies", BIG, nullable=False),
        sa.Column("source_count", BIG, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("verdict_kinds", sa.Text(), nullable=True),
        sa.Column("span", sa.Text(), nullable=True),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("first_seen", BIG, nullable=False),
        sa.Column("last_seen", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_family_age", "family", ["status", "first_seen"], unique=False)
    op.create_index("ix_family_base", "family", ["base", "status"], unique=False)
    op.create_index(
        "ix_family_kind", "family", ["status", "kind", sa.literal_column("priority DESC")], unique=False
    )
    op.create_index(
        "ix_family_language",
        "family",
        ["status", "language", sa.literal_column("priority DESC")],
        unique=False,
    )
    op.create_index(
        "ix_family_queue", "family", ["status", sa.literal_column("priority DESC"), "id"], unique=False
    )
    op.create_table(
        "hook",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook")),
    )
    op.create_table(
        "journal",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_table(
        "person",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("created", BIG, nullable=False),
        sa.Column("cards", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
    )
    op.create_table(
        "source",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("created", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )
    op.create_table(
        "article",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("source_id", BIG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("legal_page", sa.Boolean(), nullable=False),
        sa.Column("added", BIG, nullable=False),
        sa.Column("analysed", BIG, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("week", BIG, nullable=False),
        sa.Column("segments", BIG, nullable=False),
        sa.Column("notices", BIG, nullable=False),
        sa.Column("score_sum", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_article_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
        sa.UniqueConstraint("source_id", "key", name=op.f("uq_article_source_id_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_article_model"), "article", ["model"], unique=False)
    op.create_index(op.f("ix_article_week_source_id"), "article", ["week", "source_id"], unique=False)
    op.create_table(
        "band",
        sa.Column("key", BIG, autoincrement=False, nullable=False),
        sa.Column("family_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_band_family_id")),
        sa.PrimaryKeyConstraint("key", "family_id", name=op.f("pk_band")),
    )
    op.create_index(op.f("ix_band_family_id"), "band", ["family_id"], unique=False)
    op.create_table(
        "batch",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=True),
        sa.Column("total", BIG, nullable=False),
        sa.Column("done", BIG, nullable=False),
        sa.Column("cursor", BIG, nullable=False),
        sa.Column("last", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made", BIG, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_batch_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_table(
        "family_kind",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("family_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_family_kind_family_id")),
        sa.PrimaryKeyConstraint("kind", "family_id", name=op.f("pk_family_kind")),
    )
    op.create_index(op.f("ix_family_kind_family_id"), "family_kind", ["family_id"], unique=False)
    op.create_table(
        "family_source",
        sa.Column("source_id", BIG, nullable=False),
        sa.Column("family_id", BIG, nullable=False),
        sa.Column("copies", BIG, nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_family_source_family_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_family_source_source_id")),
        sa.PrimaryKeyConstraint("source_id", "family_id", name=op.f("pk_family_source")),
    )
    op.create_index(op.f("ix_family_source_family_id"), "family_source", ["family_id"], unique=False)
    op.create_table(
        "lease",
        sa.Column("family_id", BIG, autoincrement=False, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("until", BIG, nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_lease_family_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lease_person_id")),
        sa.PrimaryKeyConstraint("family_id", name=op.f("pk_lease")),
    )
    op.create_index(op.f("ix_lease_person_id"), "lease", ["person_id"], unique=False)
    op.create_table(
        "login",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("created", BIG, nullable=False),
        sa.Column("expires", BIG, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_login_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("hash", name=op.f("uq_login_hash")),
    )
    op.create_index(op.f("ix_login_person_id"), "login", ["person_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("hook_id", BIG, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created", BIG, nullable=False),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("next_try", BIG, nullable=True),
        sa.Column("delivered", BIG, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["hook_id"], ["hook.id"], name=op.f("fk_outbox_hook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_next_try"), "outbox", ["next_try"], unique=False)
    op.create_table(
        "setup_link",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("expires", BIG, nullable=False),
        sa.Column("used", BIG, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_setup_link_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_link")),
        sa.UniqueConstraint("hash", name=op.f("uq_setup_link_hash")),
    )
    op.create_table(
        "token",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created", BIG, nullable=False),
        sa.Column("expires", BIG, nullable=True),
        sa.Column("revoked", BIG, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_token_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_token_hash")),
    )
    op.create_index(op.f("ix_token_person_id"), "token", ["person_id"], unique=False)
    op.create_table(
        "wording",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("source_id", BIG, autoincrement=False, nullable=False),
        sa.Column("family_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_wording_family_id")),
        sa.PrimaryKeyConstraint("fingerprint", "source_id", name=op.f("pk_wording")),
    )
    op.create_index(op.f("ix_wording_family_id"), "wording", ["family_id"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("batch_id", BIG, nullable=True),
        sa.Column("family_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=True),
        sa.Column("span", sa.Text(), nullable=True),
        sa.Column("made", BIG, nullable=False),
        sa.Column("undone", BIG, nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_decision_batch_id")),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_decision_family_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_decision_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_batch_id"), "decision", ["batch_id"], unique=False)
    op.create_index(op.f("ix_decision_family_id"), "decision", ["family_id"], unique=False)
    op.create_index(op.f("ix_decision_made"), "decision", ["made"], unique=False)
    op.create_index(op.f("ix_decision_person_id_id"), "decision", ["person_id", "id"], unique=False)
    op.create_table(
        "segment",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("article_id", BIG, nullable=False),
        sa.Column("parent", BIG, nullable=True),
        sa.Column("position", BIG, nullable=False),
        sa.Column("start", BIG, nullable=False),
        sa.Column("end", BIG, nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("chrome", sa.Double(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("family_id", BIG, nullable=False),
        sa.Column("xpath", sa.Text(), nullable=True),
        sa.Column("line", BIG, nullable=True),
        sa.Column("own_verdict", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_segment_article_id")),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"], name=op.f("fk_segment_family_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_segment_article_id"), "segment", ["article_id"], unique=False)
    op.create_index(op.f("ix_segment_family_id"), "segment", ["family_id"], unique=False)


def downgrade() -> None:
    """There is nothing before the first revision: restore a backup instead."""
    raise NotImplementedError("restore a backup of the older version")
