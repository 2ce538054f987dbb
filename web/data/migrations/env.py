"""How Alembic runs the revisions: on the connection that `Database.upgrade` gives it, in its transaction."""

from __future__ import annotations

from alembic import context

from web.data.schema import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
