"""What Alembic runs for `catalog.upgrade.upgrade`: every step in the one transaction of its connection."""

from alembic import context

from doorstep.catalog.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
