"""Of an event: where in its still somebody is, in which zone he was seen, and where to he went."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """From 0003."""
    op.add_column("events", sa.Column("box", sa.JSON()))
    op.add_column("events", sa.Column("zone", sa.String()))
    op.add_column("events", sa.Column("direction", sa.String()))
