"""Alembic's entry: runs the revisions on the connection that :mod:`memory.database` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
# The caller's transaction holds the whole upgrade: a kill half-way leaves the old schema.
context.run_migrations()
