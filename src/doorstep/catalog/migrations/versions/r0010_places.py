"""Of a copy off-site: in which bucket it lies, for the config may name another one day."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """From 0009."""
    op.add_column("uploads", sa.Column("place", sa.String()))
